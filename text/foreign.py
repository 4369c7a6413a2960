"""Whether texts that are read as English or Chinese are in another language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .segment import segment
from .writing.script import is_japanese, sample

NAMES = {"en": "English", "zh": "Chinese"}
REASONS = {
    "en": "hardly any text has a common English word",
    "zh": "many texts have kana, as Japanese has",
}
"""By the language that texts are read as, what says that they are in another."""

_COMMON = frozenset(
    ["the", "and", "this", "that", "with", "you", "they", "from", "not", "were", "would", "there"]
)  # none that is common in another language too, as for, have, of and was are
_SHARE = 0.05  # of texts with one of them: 0.5 to 1.0 of English sets, tweets too; else below 0.03
_LEAST, _LOOKED_AT = 20, 1000


def foreign_note(texts: Sequence[str], language: str) -> str | None:
    """A sentence on texts in another language than they are read as; None where none is told.

    Args:
        texts: of the training split
        language: that they are read as, "en" or "zh"

    >>> foreign_note(["der Film war gut"] * 20, "en")
    'hardly any text has a common English word: they are read as English all the same'
    """
    told = {"en": _hardly_english, "zh": is_japanese}.get(language)
    if told is None or not told(sample(texts, _LOOKED_AT)):
        return None
    return _note(language)


def foreign_reason(notes: Iterable[str], language: str) -> str | None:
    """What of `REASONS` the ``notes`` of a data set say, if any."""
    return REASONS[language] if language in REASONS and _note(language) in notes else None


def _note(language: str) -> str:
    return f"{REASONS[language]}: they are read as {NAMES[language]} all the same"


def _hardly_english(texts: Sequence[str]) -> bool:
    """Of too few texts with letters nothing is told; those without any are of no language."""
    lettered = [text for text in texts if any(map(str.isalpha, text))]
    some = sum(not _COMMON.isdisjoint(segment(text, "en")) for text in lettered)
    return len(lettered) >= _LEAST and some < _SHARE * len(lettered)
