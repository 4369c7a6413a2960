"""A TextAttack search that is led by the victim's gradients (see `white_box.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from ..victims import DRAWS
from .loading import load_textattack

SHOWN = 4
"""Candidates, best first, that the victim is asked about before the gradient is taken again."""
_AT_ONCE = 16  # words whose candidates are built together

Scored = tuple[float, str, Any]
"""Minus the loss that a candidate is expected to have, its text, and itself."""


def gradient_search(kind: str, beam: int = 1, shown: int = SHOWN, draws: int = DRAWS) -> Any:
    """A TextAttack search that shows the victim the candidates its gradient ranks first.

    Each round takes the gradient at the text that does best so far, ranks all texts that differ
    from it in one more word, and shows them to the victim, ``shown`` at a time, until one is
    better. Where none is, it goes on with the best of them all the same.

    A forward and backward pass counts as one query, so the averaged gradient counts ``draws``.

    Args:
        kind: of gradient, one of `engine.gradients.KINDS`.
        beam: how many texts a round starts from.
        shown: candidates in one call of the victim.
        draws: of noise that "averaged" is the mean of.
    """
    return _search_class()(kind, beam, shown, draws)


@cache
def _search_class() -> Any:
    load_textattack()
    from textattack.search_methods import SearchMethod

    class GradientSearch(SearchMethod):
        """Beam search by first-order changes of the loss."""

        is_black_box = False

        def __init__(self, kind: str, beam: int, shown: int, draws: int) -> None:
            self.kind, self.beam, self.shown, self.draws = kind, beam, shown, draws

        def perform_search(self, initial_result: Any) -> Any:
            beam, over = [initial_result], False
            while not over and not _worth(beam[0])[0]:
                results, over = _one_round(self, beam, initial_result.attacked_text)
                if not results:
                    break
                beam = sorted(results, key=_worth, reverse=True)[: self.beam]
            return beam[0]

        def extra_repr_keys(self) -> list[str]:
            return ["kind", "beam", "shown", "draws"]

    return GradientSearch


def _worth(result: Any) -> tuple[bool, float]:
    """What results are compared by: success, then score."""
    from textattack.goal_function_results import GoalFunctionResultStatus

    succeeded = result.goal_status == GoalFunctionResultStatus.SUCCEEDED
    return succeeded, float(result.score)


def _one_round(search: Any, beam: list[Any], original: Any) -> tuple[list[Any], bool]:
    """Results of what the victim was shown, and whether its budget has ended."""
    ranked = _ranked(search, beam, original)
    results: list[Any] = []
    for start in range(0, len(ranked), search.shown):
        more, over = search.get_goal_results(ranked[start : start + search.shown])
        results += more
        if over or max(map(_worth, results)) > _worth(beam[0]):
            return results, over
    return results, False


def _ranked(search: Any, beam: list[Any], original: Any) -> list[Any]:
    """The texts one word away from those of ``beam``, of most expected loss first."""
    goal = search.goal_function
    cost = search.draws if search.kind == "averaged" else 1
    scored: list[Scored] = []
    for result in beam:
        if goal.query_budget - goal.num_queries <= cost:
            break  # no query would be left to use it
        goal.num_queries += cost
        for some in _scored(search, result, original):
            scored = sorted([*scored, *some], key=lambda item: item[:2])
            del scored[int(goal.query_budget - goal.num_queries) :]
    return list({text: candidate for _, text, candidate in scored}.values())


def _scored(search: Any, result: Any, original: Any) -> Iterator[list[Scored]]:
    """The candidates that differ from ``result`` in one more word, those of a few words at a time.

    Words beyond those that the victim reads are left out.
    """
    victim, label = search.goal_function.model, int(search.goal_function.ground_truth_output)
    text = result.attacked_text
    gradient = victim.model.gradient(
        text.tokenizer_input, label, search.kind, victim.seed, search.draws
    )
    loss = -np.log(max(float(result.raw_output[label]), 1e-300))
    _, allowed = search.get_indices_to_order(text)
    indices = sorted(allowed)
    for start in range(0, len(indices), _AT_ONCE):
        chunk = indices[start : start + _AT_ONCE]
        if _place(text, chunk[0]) >= gradient.reach:
            return
        candidates = search.get_transformations(
            text, original_text=original, indices_to_modify=chunk
        )
        texts = [candidate.tokenizer_input for candidate in candidates]
        gains = victim.model.first_order(gradient, texts)
        # in single precision equal losses stay equal, whatever computed them
        losses = (loss + gains).astype(np.float32)
        yield list(zip((-losses).tolist(), texts, candidates, strict=True))


def _place(text: Any, index: int) -> int:
    """At least how many characters of ``text`` come before its word ``index``."""
    return sum(map(len, text.words[:index]))
