"""Input reduction (Feng et al. 2018): a diagnostic that deletes words and keeps the prediction."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..victims import Victim
from .builders import chinese_stopwords, limited, once
from .loading import load_textattack
from .texts import greedy_search


def input_reduction(victim: Victim, query_budget: int) -> Any:
    """TextAttack's recipe, on the words that the model reads in Chinese.

    Words are deleted in the order of their importance, the least first, while the victim still
    predicts the true class.
    """
    textattack = load_textattack()
    stopwords = chinese_stopwords() if victim.model.language == "zh" else None
    return textattack.Attack(
        limited(_goal_class()(victim, maximizable=True), query_budget),
        once(stopwords),
        _deletion_class()(),
        greedy_search("delete"),
    )


def _left(text: Any) -> int:
    """Words that are left: a deleted one keeps its place, empty."""
    return sum(bool(word) for word in text.words)


@cache
def _deletion_class() -> Any:
    load_textattack()
    from textattack.transformations import WordDeletion

    class LeavesOne(WordDeletion):
        """Deletes a word, but not the last one."""

        def _get_transformations(self, current_text: Any, indices_to_modify: Any) -> list[Any]:
            if _left(current_text) < 2:
                return []
            return list(super()._get_transformations(current_text, sorted(indices_to_modify)))

    return LeavesOne


@cache
def _goal_class() -> Any:
    load_textattack()
    from textattack.goal_functions import InputReduction

    class WordsLeft(InputReduction):
        """The share of words deleted, and among equals the victim's certainty; 0 once it errs."""

        def _is_goal_complete(self, model_output: Any, attacked_text: Any) -> bool:
            right = bool(self.ground_truth_output == model_output.argmax())
            return right and _left(attacked_text) <= self.target_num_words

        def _get_score(self, model_output: Any, attacked_text: Any) -> float:
            if self.ground_truth_output != model_output.argmax():
                return 0.0
            words = _left(self.initial_attacked_text)
            if not words:
                return 0.0
            certainty = float(model_output[self.ground_truth_output])
            return min((words - _left(attacked_text) + certainty) / words, 1.0)

    return WordsLeft
