"""Substitutes with the same meaning parts in HowNet, for the swarm attack (Zang et al. 2020)."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import Any

from ...errors import InputError
from ..assets.nltk import ASSETS, locate
from ..building.loading import load_textattack

KINDS = {"ADJ": "adj", "NOUN": "noun", "ADV": "adv", "VERB": "verb"}
"""Kinds of words in HowNet, by their universal tags."""


@cache
def substitutes() -> dict[str, dict[str, list[str]]]:
    """Substitutes of each word by its kind ("noun", "verb", "adj", "adv").

    Raises:
        InputError: the file is not there, or is not such a table.
    """
    pointers = locate("hownet")
    if pointers is None:
        raise InputError(f"this attack needs {ASSETS['hownet'].missing()}")
    try:
        with pointers[0].open() as handle:
            table = json.load(handle)
        ok = isinstance(table, dict) and all(isinstance(kinds, dict) for kinds in table.values())
    except ValueError:
        ok = False
    if not ok or not table:
        raise InputError(
            f"expected a JSON object, word -> kind -> words, in {pointers[0]}, but it is not one"
        )
    return table


@lru_cache(maxsize=8)  # the words of one text are asked for some at a time
def _tags(words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each word with its universal tag."""
    import nltk

    return list(nltk.pos_tag(words, tagset="universal"))


def hownet_swap() -> Any:
    """`WordSwapHowNet` without its pickle and flair: kinds are told by NLTK's tagger."""
    return _swap_class()()


@cache
def _swap_class() -> Any:
    load_textattack()
    from textattack.transformations import WordSwap
    from textattack.transformations.word_swaps.word_swap_embedding import recover_word_case

    class HowNetSwap(WordSwap):
        """Words of the same kind from the table, in the case of the word they replace."""

        def __init__(self) -> None:
            super().__init__()
            self._table = substitutes()

        def _get_transformations(self, current_text: Any, indices_to_modify: Any) -> list[Any]:
            words = current_text.words
            tags = _tags(tuple(words))
            return [
                current_text.replace_word_at_index(index, recover_word_case(other, words[index]))
                for index in sorted(indices_to_modify)
                for other in self._table.get(words[index].lower(), {}).get(
                    KINDS.get(tags[index][1], ""), []
                )
                if " " not in other and other.lower() != words[index].lower()
            ]

    return HowNetSwap
