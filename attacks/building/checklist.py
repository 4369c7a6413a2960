"""The invariance tests of CheckList that need no tagger: contractions and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from ..victims import Victim
from .builders import untargeted
from .loading import load_textattack


def without_names(victim: Victim, query_budget: int) -> Any:
    """TextAttack's recipe without its changes of names and places."""
    textattack = load_textattack()
    from textattack import transformations as t
    from textattack.constraints.pre_transformation import RepeatModification

    swaps = [t.WordSwapExtend(), t.WordSwapContract(), _number_class()()]
    return textattack.Attack(
        untargeted(victim, query_budget),
        [RepeatModification()],
        t.CompositeTransformation(swaps),
        textattack.search_methods.GreedySearch(),
    )


def number_places(words: Sequence[str], indices: Iterable[int]) -> list[list[int]]:
    """The places of each number among ``indices``: a word of digits, or words that stand together.

    As TextAttack, which takes every word that contains the name of a number.
    """
    load_textattack()
    from textattack.transformations.word_swaps.word_swap_change_number import STR_NUM

    joints = ("and", "point")
    names = [name for name in STR_NUM if name not in joints]
    runs: list[list[int]] = []
    for index in indices:
        word = words[index].lower()
        last = runs[-1][-1] if runs else -2
        follows = last == index - 1 and not words[last].isdigit()
        if word.isdigit() or (word not in joints and any(name in word for name in names)):
            if follows and not word.isdigit():
                runs[-1].append(index)
            else:
                runs.append([index])
        elif word in joints and follows:
            runs[-1].append(index)
    return runs


@cache
def _number_class() -> Any:
    load_textattack()
    from textattack.transformations import WordSwapChangeNumber

    class NumberSwap(WordSwapChangeNumber):
        """Another number for each number, where the words of a text keep their places."""

        def _get_transformations(self, current_text: Any, indices_to_modify: Any) -> list[Any]:
            texts = []
            for indices in number_places(current_text.words, sorted(indices_to_modify)):
                old = " ".join(current_text.words[i] for i in indices)
                for new in map(str, self._get_new_number(old)):
                    if new != old:
                        words = [new] + [""] * (len(indices) - 1)
                        texts.append(current_text.replace_words_at_indices(indices, words))
            return texts

        def _get_new_number(self, word: str) -> list[Any]:
            try:
                return list(super()._get_new_number(word.lower()))
            except (ValueError, TypeError, OverflowError):
                return []  # a digit such as ², or more digits than NumPy draws

    return NumberSwap
