"""The attacks of the ICLR 2023 study of spiking text CNNs (Lv et al.), as its code ran them.

Its harness takes recipes of TextAttack, gives four of them the same word substitution, leaves out
the limit on the distance of embeddings, and adds a cap on changed words and a sentence encoder. The
four differ in their search, and in what else their recipes had.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..building.builders import from_recipe
from ..building.loading import load_textattack
from ..candidates.homoglyphs import homoglyph_swap
from ..candidates.neighbours import list_embedding, vector_embedding
from ..candidates.sentence_encoder import sentence_encoder
from ..preset import Build, Preset
from ..victims import Victim

CANDIDATES = 15
"""Nearest words of a word, ``neighbour_vocab_size`` of the study's settings."""
MOST_CHANGED = 0.1
"""Share of words that may change, ``modify_ratio``."""
SIMILARITY = 0.8
"""Least angular similarity of 15-word windows, ``sentence_similarity``."""

PAPER = (
    "Lv et al. 2023, Spiking Convolutional Neural Networks for Text Classification, ICLR, and its "
    "code (github.com/Lvchangze/snn)"
)
_BUDGET = "held to the query budget of the run, where the study had none"


@dataclass(frozen=True)
class _Method:
    """A method of the study: what of TextAttack's recipe was used.

    recipe: TextAttack's; tagger: whether it has a limit on parts of speech; embedding, sentences:
    whether the recipe itself has an embedding or a sentence encoder, which are exchanged; swaps:
    what else is exchanged; letters: whether its edits of letters stay.
    """

    recipe: str
    tagger: bool = False
    embedding: bool = False
    sentences: bool = False
    swaps: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    letters: bool = False


def _unused_swap() -> Any:
    """What stands for HowNet or WordNet until the study's substitution takes its place."""
    load_textattack()
    from textattack.transformations import WordSwapRandomCharacterDeletion

    return WordSwapRandomCharacterDeletion()


_METHODS = {
    "textfooler": _Method("TextFoolerJin2019", tagger=True, embedding=True, sentences=True),
    "textbugger": _Method(
        "TextBuggerLi2018",
        embedding=True,
        sentences=True,
        swaps={"WordSwapHomoglyphSwap": homoglyph_swap},
    ),
    "pwws": _Method("PWWSRen2019", swaps={"WordSwapWordNet": _unused_swap}),
    "pso": _Method("PSOZang2020", swaps={"WordSwapHowNet": _unused_swap}),
    "deepwordbug": _Method("DeepWordBugGao2018", letters=True),
}


def _build(method: _Method, encoder: bool) -> Build:
    """A builder for the study's form of ``method``, with or without its sentence encoder."""
    embedding = vector_embedding if encoder else list_embedding
    exchange = dict(method.swaps)
    drop = ["WordEmbeddingDistance"]
    if not encoder:
        drop.append("UniversalSentenceEncoder")
    elif method.sentences:
        exchange["UniversalSentenceEncoder"] = sentence_encoder
    stock = from_recipe(method.recipe, embedding if method.embedding else None, exchange, drop)

    def build(victim: Victim, query_budget: int) -> Any:
        textattack = load_textattack()
        from textattack.transformations import WordSwapEmbedding

        attack = stock(victim, query_budget)
        swap = attack.transformation
        if not method.letters:
            swap = WordSwapEmbedding(max_candidates=CANDIDATES, embedding=embedding())
        return textattack.Attack(
            attack.goal_function,
            attack.pre_transformation_constraints + attack.constraints + _limits(encoder),
            swap,
            attack.search_method,
        )

    return build


def _limits(encoder: bool) -> list[Any]:
    """The constraints that the study adds to every recipe."""
    from textattack.constraints.overlap import MaxWordsPerturbed

    limits = [MaxWordsPerturbed(max_percent=MOST_CHANGED)]
    if encoder:
        limits.append(
            sentence_encoder(
                threshold=SIMILARITY,
                metric="angular",
                compare_against_original=False,
                window_size=15,
                skip_text_shorter_than_window=True,
            )
        )
    return limits


def _preset(name: str, encoder: bool) -> Preset:
    method = _METHODS[name]
    needs = ["stopwords", *(["tagger"] if method.tagger else [])]
    if not method.letters:
        needs.append("vectors" if encoder else "neighbours")
    dropped = [_BUDGET]
    if encoder:
        needs.append("use")
    else:
        dropped.append("no sentence encoder")
        if not method.letters:
            dropped.append(
                f"candidates are lists of up to 8 neighbours, not the {CANDIDATES} nearest"
            )
    nearest = (
        f"the {CANDIDATES} nearest counter-fitted words" if encoder else "counter-fitted lists"
    )
    what = "edits of letters" if method.letters else nearest
    return Preset(
        f"lv2023-{name}{'' if encoder else '-nouse'}",
        "en",
        tuple(needs),
        _build(method, encoder),
        f"the search of {name} with {what}; at most {MOST_CHANGED:.0%} of the words change",
        PAPER,
        tuple(dropped),
    )


LV2023_TEXTFOOLER = _preset("textfooler", encoder=True)
LV2023_TEXTBUGGER = _preset("textbugger", encoder=True)
LV2023_PWWS = _preset("pwws", encoder=True)
LV2023_PSO = _preset("pso", encoder=True)
LV2023_DEEPWORDBUG = _preset("deepwordbug", encoder=True)
LV2023_TEXTFOOLER_NOUSE = _preset("textfooler", encoder=False)
LV2023_TEXTBUGGER_NOUSE = _preset("textbugger", encoder=False)
LV2023_PWWS_NOUSE = _preset("pwws", encoder=False)
LV2023_PSO_NOUSE = _preset("pso", encoder=False)
LV2023_DEEPWORDBUG_NOUSE = _preset("deepwordbug", encoder=False)
