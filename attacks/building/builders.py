"""Builders of attacks: stock recipes of TextAttack, with parts exchanged, and those of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from string import punctuation
from types import FunctionType
from typing import Any

from ...errors import InputError
from ..preset import Build
from ..victims import Victim
from .loading import load_textattack, no_downloads
from .searches import best_step_search, genetic_search, swarm_search
from .texts import greedy_search

BATCH_SIZE = 128
"""Candidates in one call of the victim; without influence on the result (batch-invariant)."""


def limited(goal_function: Any, query_budget: int) -> Any:
    """Set budget and batch size where they count; TextAttack's update_attack_args has no effect."""
    goal_function.query_budget = query_budget
    goal_function.batch_size = BATCH_SIZE
    return goal_function


def untargeted(victim: Victim, query_budget: int) -> Any:
    """The goal of every attack here: any other class than the true one."""
    textattack = load_textattack()
    return limited(textattack.goal_functions.UntargetedClassification(victim), query_budget)


def from_recipe(
    recipe: str,
    embedding: Callable[[], Any] | None = None,
    exchange: Mapping[str, Callable[..., Any]] | None = None,
    drop: Iterable[str] = (),
) -> Build:
    """A builder for a stock recipe of TextAttack, with our searches and a query budget.

    Args:
        recipe: its class in ``textattack.attack_recipes``.
        embedding: makes what stands for the embedding that TextAttack would download.
        exchange: what the recipe calls by a name, and what it is to call in its place.
        drop: class names of constraints to leave out.
    """
    dropped = set(drop)

    def build(victim: Victim, query_budget: int) -> Any:
        textattack = load_textattack()
        own = getattr(textattack.attack_recipes, recipe).build
        parts = dict(exchange or {}) | (embedded(own, embedding()) if embedding else {})
        with no_downloads():
            stock = with_parts(own, parts)(victim)
        kept = [c for c in stock.constraints if type(c).__name__ not in dropped]
        return textattack.Attack(
            limited(stock.goal_function, query_budget),
            stock.pre_transformation_constraints + list(map(_quick, kept)),
            stock.transformation,
            our_search(stock.search_method),
        )

    return build


def with_parts(
    build: Callable[..., Any], parts: Mapping[str, Callable[..., Any]]
) -> Callable[..., Any]:
    """The function ``build`` of a recipe, in which the names of ``parts`` stand for others.

    A recipe of TextAttack makes its parts itself, by the names that its module has imported, and
    takes no others. Here its own code runs with other names; its module stays as it is.

    Raises:
        InputError: the code does not have one of the names, so the part would not be used.
    """
    unknown = [name for name in parts if name not in build.__code__.co_names]
    if unknown:
        raise InputError(
            f"expected {build.__qualname__} of TextAttack to make a {unknown[0]}, but it makes "
            "none: this version of TextAttack is another"
        )
    names = {**build.__globals__, **parts}
    return FunctionType(
        build.__code__, names, build.__name__, build.__defaults__, build.__closure__
    )


def embedded(build: Callable[..., Any], embedding: Any) -> dict[str, Callable[..., Any]]:
    """What a recipe's ``build`` makes out of an embedding, made out of ours.

    Without one TextAttack's parts download their own.
    """
    from textattack.constraints.semantics import WordEmbeddingDistance
    from textattack.transformations import WordSwapEmbedding

    return {
        kind.__name__: partial(kind, embedding=embedding)
        for kind in (WordSwapEmbedding, WordEmbeddingDistance)
        if kind.__name__ in build.__code__.co_names
    }


def our_search(stock: Any) -> Any:
    """Our form of a stock search."""
    load_textattack()
    from textattack import search_methods

    if isinstance(stock, search_methods.GreedyWordSwapWIR):
        return greedy_search(stock.wir_method)
    if isinstance(stock, search_methods.ImprovedGeneticAlgorithm):
        return genetic_search()
    if isinstance(stock, search_methods.ParticleSwarmOptimization):
        return swarm_search()
    return best_step_search()


def _quick(constraint: Any) -> Any:
    """Our form of a stock constraint."""
    load_textattack()
    from textattack.constraints.overlap import LevenshteinEditDistance

    if isinstance(constraint, LevenshteinEditDistance):
        return edit_distance(constraint.max_edit_distance)
    return constraint


def edit_distance(most: int) -> Any:
    """At most ``most`` inserted, deleted or replaced characters, also in long texts quickly."""
    return _edit_class()(most)


@cache
def _edit_class() -> Any:
    load_textattack()
    import editdistance  # type: ignore[import-untyped]
    from textattack.constraints.overlap import LevenshteinEditDistance

    class WordwiseEditDistance(LevenshteinEditDistance):
        """Edit distance whose sum over the words is tried first.

        Edits within words change the text, so their sum bounds its distance from above. The exact
        distance takes time with the square of a text's length: minutes for 10,000 words.
        """

        def _check_constraint(self, transformed_text: Any, reference_text: Any) -> bool:
            old, new = reference_text.words, transformed_text.words
            gaps = [getattr(text, "gaps", None) for text in (reference_text, transformed_text)]
            if gaps[0] is not None and gaps[0] is gaps[1]:
                pairs = zip(old, new, strict=True)
                total = sum(editdistance.eval(a, b) for a, b in pairs if a != b)
                if total <= self.max_edit_distance:
                    return True
            return bool(super()._check_constraint(transformed_text, reference_text))

    return WordwiseEditDistance


def substitution(
    swap: Callable[[], Any], stopwords: Callable[[], set[str]], max_percent: float
) -> Build:
    """A builder for greedy substitution by the transformation ``swap()``.

    Words are ranked by masking them, and changed once at most; stop words stay.
    """

    def build(victim: Victim, query_budget: int) -> Any:
        textattack = load_textattack()
        from textattack.constraints.overlap import MaxWordsPerturbed

        return textattack.Attack(
            untargeted(victim, query_budget),
            [*once(stopwords()), MaxWordsPerturbed(max_percent=max_percent)],
            swap(),
            greedy_search("unk"),
        )

    return build


def once(stopwords: set[str] | None = None) -> list[Any]:
    """No word twice, and no stop word (default: NLTK's English ones)."""
    load_textattack()
    from textattack.constraints.pre_transformation import RepeatModification, StopwordModification

    return [RepeatModification(), StopwordModification(stopwords=stopwords)]


def chinese_stopwords() -> set[str]:
    """Those of TextAttack's ChineseRecipe, with ASCII punctuation."""
    load_textattack()
    from textattack.shared.data import CHN_STOPWORD

    return set(CHN_STOPWORD) | set(punctuation)
