"""Characters that nobody sees, taken out of labels and texts.

A label is compared as a whole, so every invisible character in it makes another class. In texts
only those go that have no use there and cut a word in two: the byte order mark, the zero width
space and the word joiner. What shapes emoji and scripts (joiners, variation selectors, direction
marks) stays.
"""

from __future__ import annotations

import re
import unicodedata

_IN_TEXTS = re.compile("[\ufeff\u200b\u2060]")
# variation selectors, and fillers that Unicode counts as letters, marks or symbols
_UNSEEN = re.compile("[\ufe00-\ufe0f\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800]")
_JOINERS = "\u200c\u200d"


def clean_text(text: str) -> str:
    """``text`` without byte order marks, zero width spaces and word joiners."""
    return text if text.isascii() else _IN_TEXTS.sub("", text)


def clean_label(label: str) -> str:
    """``label`` as one sees it: composed (NFC), with plain single spaces, nothing invisible.

    Joiners stay between two characters beyond ASCII, where emoji and some scripts need them.
    """
    if label.isascii() and label.isprintable():
        return label.strip()
    label = _UNSEEN.sub("", unicodedata.normalize("NFC", label))
    kept = []
    for at, char in enumerate(label):
        if char in _JOINERS:
            beside = label[at - 1 : at] + label[at + 1 : at + 2]
            if len(beside) == 2 and not any(c.isascii() for c in beside):
                kept.append(char)
        elif unicodedata.category(char) not in ("Cf", "Cc") or char.isspace():
            kept.append(char)
    return " ".join("".join(kept).split())
