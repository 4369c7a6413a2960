"""The attacks that can be asked for by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import punctuation
from typing import Any

from ..errors import InputError
from .candidates import chinese_synonyms, homophones
from .environment import asset_status
from .loading import load_textattack, no_downloads
from .parts import candidate_swap, greedy_search
from .victims import Victim

BATCH_SIZE = 128
"""Candidates in one call of the victim; without influence on the result (batch-invariant)."""
MAX_CHANGED = 0.4
"""Chinese attacks change at most this share of a text's words (rounded up)."""


@dataclass(frozen=True)
class Preset:
    """An attack by name.

    Attributes:
        name: on the command line and in results.
        language: of the texts, "en" or "zh".
        needs: names of the `ASSETS` it cannot do without.
        build: makes the ``textattack.Attack`` for a victim and a query budget.
        description: what it does, its candidates and its limits.
        paper: where it comes from.
    """

    name: str
    language: str
    needs: tuple[str, ...]
    build: Callable[[Victim, int], Any]
    description: str
    paper: str


def _from_recipe(recipe: str) -> Callable[[Victim, int], Any]:
    """A builder for a stock recipe of TextAttack, with our search and a query budget."""

    def build(victim: Victim, query_budget: int) -> Any:
        textattack = load_textattack()
        with no_downloads():
            stock = getattr(textattack.attack_recipes, recipe).build(victim)
        return textattack.Attack(
            _limited(stock.goal_function, query_budget),
            stock.pre_transformation_constraints + stock.constraints,
            stock.transformation,
            greedy_search(stock.search_method.wir_method),
        )

    return build


def _chinese(candidates: Callable[[], Callable[[str], list[str]]]) -> Callable[[Victim, int], Any]:
    """A builder for Chinese substitution with ``candidates()``.

    As TextAttack's ChineseRecipe it leaves stop words alone and no word is changed twice. Unlike
    it, words are ranked by masking them ("unk") and not by trying every candidate of every word,
    which would use up the budget on longer texts, and the share of changed words is limited.
    """

    def build(victim: Victim, query_budget: int) -> Any:
        textattack = load_textattack()
        from textattack.constraints.overlap import MaxWordsPerturbed
        from textattack.constraints.pre_transformation import (
            RepeatModification,
            StopwordModification,
        )
        from textattack.shared.data import CHN_STOPWORD

        return textattack.Attack(
            _limited(textattack.goal_functions.UntargetedClassification(victim), query_budget),
            [
                RepeatModification(),
                StopwordModification(stopwords=CHN_STOPWORD.union(punctuation)),
                MaxWordsPerturbed(max_percent=MAX_CHANGED),
            ],
            candidate_swap(candidates()),
            greedy_search("unk"),
        )

    return build


def _limited(goal_function: Any, query_budget: int) -> Any:
    """Set budget and batch size where they count; TextAttack's update_attack_args has no effect."""
    goal_function.query_budget = query_budget
    goal_function.batch_size = BATCH_SIZE
    return goal_function


PRESETS: dict[str, Preset] = {
    item.name: item
    for item in (
        Preset(
            "deepwordbug",
            "en",
            ("stopwords",),
            _from_recipe("DeepWordBugGao2018"),
            "swaps, replaces, deletes or inserts one random letter per word, most important words "
            "first; edit distance at most 30",
            "Gao et al. 2018, Black-box Generation of Adversarial Text Sequences to Evade Deep "
            "Learning Classifiers, arXiv:1801.04354",
        ),
        Preset(
            "pwws",
            "en",
            ("stopwords", "wordnet"),
            _from_recipe("PWWSRen2019"),
            "replaces words by WordNet synonyms in the order of saliency times best effect; "
            "without the paper's swap of named entities",
            "Ren et al. 2019, Generating Natural Language Adversarial Examples through "
            "Probability Weighted Word Saliency, ACL P19-1103",
        ),
        Preset(
            "zh-homophone",
            "zh",
            (),
            _chinese(homophones),
            "replaces one character of a word by one of the same sound, most important words "
            f"first; at most {MAX_CHANGED:.0%} of the words",
            "the homophone part of ChineseRecipe in TextAttack 0.3.11 (Morris et al. 2020, "
            "EMNLP demos), candidates from Unihan readings",
        ),
        Preset(
            "zh-wordnet",
            "zh",
            ("omw-cmn",),
            _chinese(chinese_synonyms),
            "replaces words by synonyms of the Chinese Open Wordnet, most important words first; "
            f"at most {MAX_CHANGED:.0%} of the words",
            "candidates: Wang and Bond 2013, Building the Chinese Open Wordnet, ACL W13-4302; "
            "search: greedy word importance ranking as in ChineseRecipe",
        ),
    )
}


def preset(name: str) -> Preset:
    """The preset called ``name``; raises `InputError` with the known names for another."""
    if name not in PRESETS:
        raise InputError(f"unknown attack {name!r}: expected one of {', '.join(PRESETS)}")
    return PRESETS[name]


def default_presets(
    language: str, status: Sequence[Mapping[str, Any]] | None = None
) -> tuple[list[str], dict[str, str]]:
    """The presets to run for ``language`` where nothing was chosen.

    Args:
        language: "en" or "zh".
        status: what is there, default `asset_status()`.

    Returns:
        The names whose assets are all there, and for each that is left out the reason, one line
        to print: nothing is left out in silence.
    """
    missing = {r["name"]: r["remedy"] for r in status or asset_status() if not r["found"]}
    names: list[str] = []
    left_out: dict[str, str] = {}
    for item in PRESETS.values():
        if item.language != language:
            continue
        lacking = [name for name in item.needs if name in missing]
        if lacking:
            left_out[item.name] = f"needs {lacking[0]}: {missing[lacking[0]]}"
        else:
            names.append(item.name)
    if not names and not left_out:
        known = ", ".join(sorted({item.language for item in PRESETS.values()}))
        raise InputError(f"no attack for language {language!r}: expected one of {known}")
    return names, left_out
