"""Chinese characters that look alike."""

from __future__ import annotations

from functools import cache

from ..assets.nltk import ASSETS
from .candidates import Candidates


@cache
def alike() -> dict[str, str]:
    """Characters that look like each common character, most alike first.

    Alike is what two fonts draw alike: the correlation of blurred pictures (attacks/assets).
    """
    pointers = ASSETS["glyphs"].files()
    assert pointers is not None  # part of the package
    with pointers[0].open() as handle:
        lines = handle.read().decode("utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if not line.startswith("#")]
    return {character: others for character, others in pairs}  # noqa: C416  of lists, not pairs


def glyph_alikes(per_character: int = 5) -> Candidates:
    """Words with one character replaced by one that looks like it.

    Args:
        per_character: at most so many replacements for each character of the word.
    """
    table = alike()

    def candidates(word: str) -> list[str]:
        return [
            word[:i] + other + word[i + 1 :]
            for i, character in enumerate(word)
            for other in table.get(character, "")[:per_character]
        ]

    return candidates
