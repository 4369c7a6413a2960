"""Texts cut into sentences by their punctuation, English and Chinese."""

from __future__ import annotations

import re

from .segment import guess_language

LEAST, MOST = 4, 40
"""Words of a sentence that is kept; two Chinese characters count as a word."""

_BREAK = re.compile(r"<br\s*/?>|\s*\n\s*")
_END = re.compile("([.!?][\"')\\]]*)\\s+|([。！？；][”’』」]*)")


def sentences_of(text: str) -> list[str]:
    """The sentences of ``text`` of `LEAST` to `MOST` words, in order.

    >>> sentences_of("A slow, quiet film.<br />I liked it a lot! Bad.")
    ['A slow, quiet film.', 'I liked it a lot!']
    """
    found = []
    for part in _BREAK.split(text):
        for sentence in _END.sub(r"\1\2\n", part).split("\n"):
            words = len(sentence.split())
            if words <= 2 and guess_language([sentence]) == "zh":
                words = len(sentence) // 2
            if LEAST <= words <= MOST:
                found.append(" ".join(sentence.split()))
    return found
