"""Two texts that are judged together, written as one: ``a ||| b``."""

from __future__ import annotations

from collections.abc import Sequence

SEPARATOR = "|||"


def joined(first: str, second: str) -> str:
    """A pair as one text.

    >>> joined("It rains.", "It is wet.")
    'It rains. ||| It is wet.'
    """
    return f"{first} {SEPARATOR} {second}"


def parts_of(text: str) -> tuple[str, ...]:
    """The two texts of a pair, parted at the first separator; of any other text itself alone.

    >>> parts_of("It rains.|||It is wet.")
    ('It rains.', 'It is wet.')
    """
    first, separator, second = text.partition(SEPARATOR)
    return (first.strip(), second.strip()) if separator else (text,)


def are_pairs(texts: Sequence[str]) -> bool:
    """Whether every text is a pair; none are where there are no texts."""
    return bool(texts) and all(SEPARATOR in text for text in texts)
