"""Texts into the pieces of words that BERT reads, uncased.

Source: Devlin et al. 2019 and the code published with it (``tokenization.py``); Wu et al. 2016,
section 4.1, for the pieces. In this order:

1. characters that are not text (control and format characters, NUL, U+FFFD) are left out, and all
   kinds of white space become blanks;
2. each Chinese character is a word of its own;
3. accents are taken off (NFD without nonspacing marks), and letters are made small one by one;
4. each punctuation mark is a word of its own; every ASCII character that is no letter, digit or
   blank is one;
5. a word becomes the longest piece that it begins with, and so on with what is left, where a piece
   that does not begin a word is written ``##piece``. A word of over 100 characters, and one that
   cannot be cut so, becomes the unknown piece.

What a name in brackets stands for cannot come from a text: "[sep]" is three words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field

from ....errors import InputError
from ...pairs import SEPARATOR, parts_of

BEGIN, END, UNKNOWN = "[cls]", "[sep]", "[unk]"
"""What stands before a text, behind each, and for a word that no pieces make."""
LONGEST = 100
"""Characters of a word at the most."""
_CHINESE = (
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF)),
    *((0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0x2F800, 0x2FA1F)),
)
_MEMO = 100_000  # words that are cut once


class _Cleaned(dict[int, str | None]):
    """What becomes of a character before accents are taken off; filled as characters come."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        found: str | None = character
        if code in (0, 0xFFFD) or (_no_text(character) and character not in "\t\n\r"):
            found = None
        elif character.isspace():
            found = " "
        elif any(first <= code <= last for first, last in _CHINESE):
            found = f" {character} "
        self[code] = found
        return found


class _Parted(dict[int, str | None]):
    """What becomes of a character of NFD text."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        kind = unicodedata.category(character)
        found: str | None = character.lower()
        if kind == "Mn":
            found = None
        elif kind.startswith("P") or (32 < code < 127 and not character.isalnum()):
            found = f" {character} "
        self[code] = found
        return found


def _no_text(character: str) -> bool:
    # a character that this Python's Unicode does not know yet may be one
    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs")


_CLEANED, _PARTED = _Cleaned(), _Parted()


def bert_words(text: str) -> list[str]:
    """The words of ``text`` before they are cut into pieces.

    >>> bert_words("Naïve? It's 好的.")
    ['naive', '?', 'it', "'", 's', '好', '的', '.']
    """
    return unicodedata.normalize("NFD", text.translate(_CLEANED)).translate(_PARTED).split()


@dataclass
class WordPieces:
    """Cuts texts into the pieces of a vocabulary: what `prepared.Cuts` asks for.

    Attributes:
        known: the pieces that there are.
        pairs: whether texts are pairs (`text.pairs`).
    """

    known: Collection[str]
    pairs: bool = False
    kind: str = "wordpiece"
    _memo: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def cutter(self, language: str) -> WordPieces:
        """Itself, for any language."""
        return self

    def __call__(self, text: str) -> list[str]:
        """The pieces of a text, ``[cls] a [sep]``, or of a pair, ``[cls] a [sep] b [sep]``.

        Raises:
            InputError: the text is no pair, but pairs are read.
        """
        parts = parts_of(text) if self.pairs else (text,)
        if self.pairs and len(parts) != 2:
            raise InputError(
                f"expected a pair of texts as 'a {SEPARATOR} b', which the text stage was fitted "
                f"on, but got {text[:60]!r}"
            )
        return framed([self._pieces(part) for part in parts])

    def _pieces(self, text: str) -> list[str]:
        found: list[str] = []
        for word in bert_words(text):
            pieces = self._memo.get(word)
            if pieces is None:
                if len(self._memo) >= _MEMO:
                    self._memo.clear()
                pieces = self._memo[word] = self.cut(word)
            found += pieces
        return found

    def cut(self, word: str) -> list[str]:
        """The pieces of one word."""
        if len(word) > LONGEST:
            return [UNKNOWN]
        found: list[str] = []
        start = 0
        while start < len(word):
            before = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if before + word[start:end] in self.known), None)
            if end is None:
                return [UNKNOWN]
            found.append(before + word[start:end])
            start = end
        return found


def framed(parts: list[list[str]]) -> list[str]:
    """The pieces of one text or two with what stands before and behind each."""
    found = [BEGIN]
    for part in parts:
        found += [*part, END]
    return found


def shortened(pieces: list[str], most: int) -> list[str]:
    """What `framed` gave, cut to ``most`` pieces: of two texts the longer first, from its end.

    >>> shortened("[cls] a b c [sep] d e [sep]".split(), 6)
    ['[cls]', 'a', 'b', '[sep]', 'd', '[sep]']
    """
    if len(pieces) <= most:
        return pieces
    ends = [i for i, piece in enumerate(pieces) if piece == END]
    parts = [pieces[a + 1 : b] for a, b in zip([0, *ends], ends, strict=False)]
    over = len(pieces) - most
    while over and any(parts):
        lengths = [len(part) for part in parts]
        longest = max(lengths)
        # BERT takes from the second of two that are as long
        last = max(i for i, length in enumerate(lengths) if length == longest)
        parts[last].pop()
        over -= 1
    return framed(parts)
