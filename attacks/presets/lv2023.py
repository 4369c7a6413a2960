"""The attacks of the ICLR 2023 study of spiking text CNNs (Lv et al.), as its code ran them.

Its harness takes recipes of TextAttack, gives four of them the same word substitution, leaves out
the limit on the distance of embeddings, and adds a cap on changed words and a sentence encoder. The
four differ in their search, and in what else their recipes had.
"""

from __future__ import annotations

from collections.abc import Callable
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
_RECIPES = {
    "textfooler": ("TextFoolerJin2019", ("tagger",)),
    "textbugger": ("TextBuggerLi2018", ()),
    "pwws": ("PWWSRen2019", ()),
    "pso": ("PSOZang2020", ()),
    "deepwordbug": ("DeepWordBugGao2018", ()),
}


def _build(method: str, encoder: bool) -> Build:
    """A builder for the study's form of ``method``, with or without its sentence encoder."""
    embedding = vector_embedding if encoder else list_embedding
    exchange: dict[str, Callable[..., Any]] = {}
    if method == "textbugger":
        exchange["WordSwapHomoglyphSwap"] = homoglyph_swap
    if method == "pwws":
        exchange["WordSwapWordNet"] = _unused_swap
    if method == "pso":
        exchange["WordSwapHowNet"] = _unused_swap
    if encoder and method in ("textfooler", "textbugger"):
        exchange["UniversalSentenceEncoder"] = sentence_encoder
    drop = ["WordEmbeddingDistance", *([] if encoder else ["UniversalSentenceEncoder"])]
    own = None if method in ("pwws", "pso", "deepwordbug") else embedding
    stock = from_recipe(_RECIPES[method][0], own, exchange, drop)

    def build(victim: Victim, query_budget: int) -> Any:
        textattack = load_textattack()
        from textattack.constraints.overlap import MaxWordsPerturbed
        from textattack.transformations import WordSwapEmbedding

        attack = stock(victim, query_budget)
        swap = attack.transformation
        if method != "deepwordbug":
            swap = WordSwapEmbedding(max_candidates=CANDIDATES, embedding=embedding())
        extra = [MaxWordsPerturbed(max_percent=MOST_CHANGED)]
        if encoder:
            extra.append(
                sentence_encoder(
                    threshold=SIMILARITY,
                    metric="angular",
                    compare_against_original=False,
                    window_size=15,
                    skip_text_shorter_than_window=True,
                )
            )
        return textattack.Attack(
            attack.goal_function,
            attack.pre_transformation_constraints + attack.constraints + extra,
            swap,
            attack.search_method,
        )

    return build


def _unused_swap() -> Any:
    """What stands for HowNet or WordNet until the study's substitution takes its place."""
    load_textattack()
    from textattack.transformations import WordSwapRandomCharacterDeletion

    return WordSwapRandomCharacterDeletion()


def _preset(method: str, encoder: bool) -> Preset:
    spelling = method == "deepwordbug"
    needs = ["stopwords", *_RECIPES[method][1]]
    if not spelling:
        needs.append("vectors" if encoder else "neighbours")
    dropped = [_BUDGET]
    if encoder:
        needs.append("use")
    else:
        dropped.append("no sentence encoder")
        if not spelling:
            dropped.append(
                f"candidates are lists of up to 8 neighbours, not the {CANDIDATES} nearest"
            )
    nearest = (
        f"the {CANDIDATES} nearest counter-fitted words" if encoder else "counter-fitted lists"
    )
    what = "edits of letters" if spelling else nearest
    return Preset(
        f"lv2023-{method}{'' if encoder else '-nouse'}",
        "en",
        tuple(needs),
        _build(method, encoder),
        f"the search of {method} with {what}; at most {MOST_CHANGED:.0%} of the words change",
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
