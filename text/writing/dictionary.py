"""A user's dictionary for jieba, read with care, and kept with the run that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from ...errors import InputError
from ...files import sha256, write_text
from ..decoding.decoding import decode, user_path

Entry = tuple[str, int | None, str | None]
"""A word, how often it occurs (jieba works it out where it is None), and its part of speech."""

_TAG = re.compile("[A-Za-z]+")
_FORM = "WORD [FREQUENCY] [TAG] with spaces between, as in 云计算 5 n"
_FOUND = re.compile("[\u4e00-\u9fd5a-zA-Z0-9+#&._%-]+")  # jieba cuts at any other character


class UserDictionary:
    """Words that jieba is to know besides its own.

    Two of the same entries are equal and have the same ``digest``.

    Args:
        entries: in the order of the file: a later one of the same word counts.
    """

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries

    @classmethod
    def read(cls, given: str | Path) -> UserDictionary:
        """Read a file in jieba's format: a word a line, with frequency and tag where wanted.

        Raises:
            InputError: the file is missing, in another encoding or without words, or a line is none
                of this form; the message has its number.
        """
        path = user_path(given, "a dictionary of words for jieba")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(
                f"expected a dictionary of words for jieba at {path}, but it cannot be read "
                f"({error.strerror or error})"
            ) from None
        lines = decode(data, path).text.splitlines()
        entries = [_entry(line, at, path) for at, line in enumerate(lines, 1) if line.strip()]
        if not entries:
            raise InputError(f"expected a word a line ({_FORM}) in {path}, but it has none")
        return cls(tuple(entries))

    @cached_property
    def text(self) -> str:
        """The entries as a file has them."""
        lines = [" ".join(str(p) for p in entry if p is not None) for entry in self.entries]
        return "\n".join(lines) + "\n"

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of `text`."""
        return sha256(self.text.encode())

    @property
    def never_found(self) -> list[str]:
        """The words with a character at which jieba always cuts, as a dot or a blank."""
        return [word for word, _, _ in self.entries if not _FOUND.fullmatch(word)]

    def rewritten(self, write: Callable[[str], str]) -> UserDictionary:
        """The same entries, each word as ``write`` gives it; those that vanish are left out."""
        entries = ((write(word), count, tag) for word, count, tag in self.entries)
        return UserDictionary(tuple(entry for entry in entries if entry[0]))

    def save(self, path: Path) -> None:
        """Write `text` to ``path``, atomically."""
        write_text(path, self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UserDictionary) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        return f"UserDictionary({len(self)} words)"


def _entry(line: str, at: int, path: Path) -> Entry:
    """The entry of a line; raises `InputError` where it is none."""
    word, *more = line.split()
    frequency = int(more.pop(0)) if more and more[0].isdecimal() and more[0].isascii() else None
    tag = more.pop(0) if more and _TAG.fullmatch(more[0]) else None
    if more:
        raise InputError(f"expected {_FORM} in {path}, but line {at} is {line.strip()[:60]!r}")
    if frequency == 0:
        raise InputError(
            f"expected frequencies of at least 1 in {path}, but line {at} gives {word!r} the "
            "frequency 0: leave the line out"
        )
    return word, frequency, tag
