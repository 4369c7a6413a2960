"""Whether texts are pages of the web, whose tags a network reads as words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ..writing.script import sample

_TAG = re.compile(
    "</?(?:a|b|body|br|center|div|em|font|h[1-6r]|head|html|i|img|input|li|meta|p|script|span|strong"
    r"|style|table|tbody|td|th|title|tr|u|ul|ol)(?:\s[^<>]*=[^<>]*|\s*)/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#[0-9]{2,6});", re.IGNORECASE)
_SHARE, _LOOKED_AT = 0.02, 1000


def markup_note(texts: Sequence[str]) -> str | None:
    """A sentence on HTML in ``texts``, with what is most frequent of it; None for hardly any.

    >>> markup_note(["good<br />and cheap", "good &amp; cheap", "if a<b then b>a"]).split(":")[0]
    '67 % of the training texts have HTML in them, as &amp;'
    """
    found = [_marks(text) for text in sample(texts, _LOOKED_AT)]
    share = sum(map(bool, found)) / max(len(found), 1)
    if share < _SHARE:
        return None
    marks = Counter(mark for own in found for mark in own)
    most = min(marks, key=lambda mark: (-marks[mark], mark))
    return (
        f"{100 * share:.0f} % of the training texts have HTML in them, as {most}: it is read as "
        "words (clean the file if that is not wanted)"
    )


def _marks(text: str) -> set[str]:
    """The tags that pages have, and the names of characters, as they stand in ``text``."""
    if "<" not in text and "&" not in text:
        return set()
    return {*_TAG.findall(text), *_ENTITY.findall(text)}
