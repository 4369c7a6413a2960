"""Characters that look alike to a reader, or that nobody sees, made one for the network.

Narrower than Unicode's NFKC on purpose. NFKC also rewrites fractions, ligatures, mathematical
letters and the ellipsis: more than how a text is typed, and some of what attacks write instead.
"""

from __future__ import annotations

import re

# soft hyphen, grapheme joiner, marks of direction, zero width space and joiners, word joiner and
# invisible operators, variation selectors, byte order mark, tags
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)
_SHIFT = 0xFEE0  # from a full-width character to the ASCII one
_LETTERS = {
    code: code - _SHIFT
    for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
# Full-width commas and brackets are how Chinese is written, and word vectors of Chinese know them.
# A per cent sign belongs to its number.
_WIDE = {
    "zh": _LETTERS | {0xFF05: ord("%")},
    "en": {code: code - _SHIFT for code in range(0xFF01, 0xFF5F)},
}
_DECIMAL_POINT = re.compile("(?<=[0-9])\uff0e(?=[0-9])")


def visible(text: str) -> str:
    """``text`` without invisible characters.

    >>> visible("go\u200bod fo\u00adod")
    'good food'
    """
    return text if text.isascii() else _INVISIBLE.sub("", text)


def visible_places(text: str) -> list[int]:
    """Where in ``text`` the characters that `visible` keeps stand."""
    return [at for at, character in enumerate(text) if not _INVISIBLE.match(character)]


def narrow(text: str, language: str) -> str:
    """``text``, character by character, with full-width forms as ASCII.

    In English all of them; in Chinese letters, digits, the per cent sign and the point between
    digits, while punctuation stays as Chinese has it.

    >>> narrow("ＷｉＦｉ很快，１０．５％！", "zh")
    'WiFi很快，10.5%！'
    """
    if text.isascii():
        return text
    text = text.translate(_WIDE[language])
    return _DECIMAL_POINT.sub(".", text) if language == "zh" else text
