"""TextAttack's swap of a letter for one that looks the same, without the file its wheel lacks."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from ..building.loading import load_textattack


def homoglyph_swap() -> Any:
    """`WordSwapHomoglyphSwap` with its own table of letters."""
    return _homoglyph_class()()


@cache
def _homoglyph_class() -> Any:
    load_textattack()
    from textattack.transformations import WordSwapHomoglyphSwap

    class HomoglyphSwap(WordSwapHomoglyphSwap):
        """The swap of one letter of a word.

        The table of letters is in the class. After it the class reads a file of Unicode's, for a
        search that is not used here; release 0.3.11 comes without that file.
        """

        def __init__(self) -> None:
            with suppress(FileNotFoundError):
                super().__init__()

    return HomoglyphSwap
