"""The control: attacks that nothing holds back, which must bring accuracy close to zero.

Where one does not, the victim hides its scores from the search, and the success rates of the other
attacks on it say little.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from ..building.builders import untargeted
from ..building.loading import load_textattack
from ..building.texts import candidate_swap, greedy_class
from ..candidates.candidates import chinese_synonyms, homophones
from ..candidates.glyphs import glyph_alikes
from ..candidates.neighbours import list_embedding
from ..candidates.wordnet import wordnet_swap
from ..preset import Preset, Role
from ..victims import Victim

QUERIES = 20_000
"""Where the control gives up."""
WORDS_SHOWN = 5_000_000
"""Where it gives up on long texts, in words shown to the victim, so that none stops a run."""
LEAST_QUERIES = 500
"""What it may always show."""
ROUNDS = 5
"""How often it goes through all words."""


def english(victim: Victim, query_budget: int) -> Any:
    """Neighbours, WordNet synonyms and edits of letters, in any word; no ``query_budget``."""
    load_textattack()
    from textattack import transformations as t

    swaps = [
        t.WordSwapEmbedding(max_candidates=50, embedding=list_embedding()),
        wordnet_swap(),
        t.WordSwapNeighboringCharacterSwap(),
        t.WordSwapRandomCharacterSubstitution(),
        t.WordSwapRandomCharacterDeletion(),
        t.WordSwapRandomCharacterInsertion(),
    ]
    return _attack(victim, swaps)


def chinese(victim: Victim, query_budget: int) -> Any:
    """Homophones, look-alike characters and synonyms, in any word; ``query_budget`` is unused."""
    swaps: list[Callable[[str], list[str]]] = [homophones(8), glyph_alikes(8), chinese_synonyms()]
    return _attack(victim, [candidate_swap(swap) for swap in swaps])


def _attack(victim: Victim, swaps: list[Any]) -> Any:
    textattack = load_textattack()
    return textattack.Attack(
        untargeted(victim, QUERIES),
        [],
        textattack.transformations.CompositeTransformation(swaps),
        _search_class()("unk"),
    )


@cache
def _search_class() -> Any:
    load_textattack()
    from textattack.goal_function_results import GoalFunctionResultStatus

    class Rounds(greedy_class()):  # type: ignore[misc]
        """Greedy word swaps in the order of importance, round after round while they help."""

        def perform_search(self, initial_result: Any) -> Any:
            result = initial_result
            words = max(1, len(result.attacked_text.words))
            most = max(LEAST_QUERIES, min(QUERIES, WORDS_SHOWN // words))
            self.goal_function.query_budget = most
            for _ in range(ROUNDS):
                before = float(result.score)
                result = super().perform_search(result)
                if (
                    result.goal_status == GoalFunctionResultStatus.SUCCEEDED
                    or float(result.score) <= before
                ):
                    break
            return result

    return Rounds


_CARLINI = (
    "the sanity check of Carlini et al. 2019, On Evaluating Adversarial Robustness, "
    "arXiv:1902.06705: an unbounded attack succeeds"
)
UNLIMITED = Preset(
    "unlimited",
    "en",
    ("stopwords", "wordnet", "neighbours"),
    english,
    "a control, not an attack of any paper: neighbours, WordNet synonyms and edits of letters "
    "in any word, again and again, without the query budget; accuracy must come close to zero",
    _CARLINI,
    role=Role.UNLIMITED,
)
ZH_UNLIMITED = Preset(
    "zh-unlimited",
    "zh",
    ("glyphs", "omw-cmn"),
    chinese,
    "a control, not an attack of any paper: homophones, look-alikes and synonyms in any word, "
    "again and again, without the query budget; accuracy must come close to zero",
    _CARLINI,
    role=Role.UNLIMITED,
)
