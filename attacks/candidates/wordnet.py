"""TextAttack's swap of a word for its synonyms in WordNet, in the same order everywhere."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..building.loading import load_textattack, no_downloads


def wordnet_swap() -> Any:
    """`WordSwapWordNet` whose synonyms are sorted."""
    with no_downloads():
        return _swap_class()()


@cache
def _swap_class() -> Any:
    load_textattack()
    from textattack.transformations import WordSwapWordNet

    class SortedWordNet(WordSwapWordNet):
        """The swap. TextAttack lists a set of strings, whose order is another in every process.

        Synonyms tie where the victim knows neither, so the order decides which one is taken.
        """

        def _get_replacement_words(self, word: str, random: bool = False) -> list[str]:
            return sorted(super()._get_replacement_words(word, random))

    return SortedWordNet
