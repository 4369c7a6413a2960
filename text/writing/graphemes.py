"""Letters with their marks, in scripts that Python's ``\\w`` cuts in two or that have no spaces.

``\\w`` is letters and digits, and no combining marks. Those of European letters are composed away
(NFC), but the vowels of Devanagari, Tamil or Thai and the short vowels of Arabic have no composed
form, and a word would be cut at each. Japanese, Chinese, Thai, Lao, Khmer and Burmese have no
spaces between words, and a sentence would be one word that no other text has.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable
from functools import cache

# Thai and Lao, Burmese, Khmer, the marks of repetition, kana, ideographs
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff"
    "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)


def found(texts: Iterable[str]) -> int:
    """In how many of ``texts`` a letter has a mark of its own, or stands in such a script.

    They are looked at in lower case, as words are cut: the dotted capital I of Turkish becomes an i
    with a mark, which has no composed form.
    """
    return sum(
        bool(_looked_for().search(unicodedata.normalize("NFC", text).lower()))
        for text in texts
        if not text.isascii()
    )


@cache
def word_pattern() -> re.Pattern[str]:
    """A word of a lower-case text in NFC.

    A letter of a script without spaces with its marks; a run of other letters and digits with
    theirs and at most one inner apostrophe followed by letters; or any other character that is not
    white space. Without such scripts and marks the words are those of `segment`'s own pattern.
    """
    marks = _marks()
    letter, sign = f"[^\\W_{_SPACELESS}]", f"(?:[^\\W_{_SPACELESS}]|[{marks}])"
    after = f"(?:[^\\W\\d_{_SPACELESS}]|[{marks}])"
    return re.compile(
        f"[{_SPACELESS}][{marks}]*|{letter}{sign}*(?:'[^\\W\\d_{_SPACELESS}]{after}*)?|[^\\w\\s]|_"
    )


@cache
def _looked_for() -> re.Pattern[str]:
    return re.compile(f"[^\\W_][{_marks()}]|[{_SPACELESS}]")


@cache
def _marks() -> str:
    """All combining marks as ranges of a character class (some 20 ms, once)."""
    ranges: list[list[int]] = []
    for code in range(0x300, sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
