"""Rows of word2vec binary files: a word, a blank, and the numbers as float32.

Nothing marks where a row ends but its length, and a word that has a blank in it looks as if it
ended there. Where a row read in the plain way looks wrong, its other blanks are tried.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .rows import Rows, Wanted, WordVectors

_LONGEST_WORD = 1 << 10  # bytes
_LONGEST_VECTOR = 100_000
_BATCH = 512  # rows that are looked at together
_BLANKS = 16  # at most so many in a word
_USUAL = (np.float32(1e-12), np.float32(1e6))  # sizes of components, where they are not 0
_CONTROL = bytes(range(32))
# A row of a right word and numbers (4) before damaged bytes (0), or one of two damaged rows in a
# row whose lengths are right (2 + 2); bytes out of step score less.
_ENOUGH = 4


class _Bytes:
    """The bytes that are not read yet, of which ``data`` holds some from ``at`` on."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self.data, self.at, self.ended = b"", 0, False

    def fill(self, size: int) -> None:
        """Have at least ``size`` bytes from ``at`` on, or all that there are."""
        if len(self.data) - self.at >= size or self.ended:
            return
        parts, have = [self.data[self.at :]], len(self.data) - self.at
        while have < size and not self.ended:
            block = next(self._blocks, b"")
            self.ended = not block
            parts.append(block)
            have += len(block)
        self.data, self.at = b"".join(parts), 0

    def is_end(self, at: int) -> bool:
        """Whether nothing but line breaks follows ``at``."""
        return self.ended and not self.data[at:].strip(b"\r\n")


def read_binary(
    blocks: Iterator[bytes], promised: int, dim: int, source: str, wanted: Wanted | None = None
) -> WordVectors:
    """Words and vectors of word2vec binary; of a repeated word the first row.

    gensim's reader, which the tests compare this with, takes a path only and so cannot show how far
    it has come.

    Args:
        blocks: what follows the header, in pieces.
        promised: rows, by the header.
        dim: D, by the header.
        source: what the file is called in messages.
        wanted: which words to keep; see `Rows`.

    Raises:
        InputError: too many rows are bad, or fewer or more follow than the header promises.
        ValueError: a length that no vector has, or bytes that are no rows.
    """
    if not 0 < dim <= _LONGEST_VECTOR:
        raise ValueError(f"the header promises vectors of length {dim}")
    content, rows = _Bytes(blocks), Rows(dim, "row", source, wanted)
    room = 4 * (_LONGEST_WORD + 4 * dim)  # enough to look two rows ahead
    done = 0
    while done < promised:
        content.fill(room)
        for start, blank in _usual_rows(content, min(_BATCH, promised - done), dim):
            done += 1
            _add(rows, done, content, start, blank)
        if done < promised:
            content.fill(room)
            _add_best(rows, done + 1, content, promised)
            done += 1
    content.fill(room)
    if not content.is_end(content.at):
        raise rows.miscounted(promised, "but more follow")
    return rows.finish(promised, promised)


def _add_best(rows: Rows, number: int, content: _Bytes, promised: int) -> None:
    """Add the next row, which is row ``number``, as `_best_blank` reads it."""
    data, start = content.data, _skip_break(content.data, content.at)
    blank = _best_blank(content, start, rows.dim, last=number == promised)
    if blank is None and content.ended:
        more = f"more than the file can hold: it ends after {number - 1}"
        raise rows.miscounted(promised, more)
    if blank is None:
        raise ValueError(f"row {number} is damaged")
    vector = np.frombuffer(data, "<f4", rows.dim, blank + 1)
    largest = np.abs(vector).max()
    if np.isfinite(largest) and largest >= _USUAL[1]:
        # Bytes that are missing before a row's end make its numbers so.
        rows.add_bad(number, f" has a number of {largest:.3g}, which no word vector has")
        content.at = blank + 1 + 4 * rows.dim
    else:
        _add(rows, number, content, start, blank)


def _add(rows: Rows, number: int, content: _Bytes, start: int, blank: int) -> None:
    """Add the row at ``start``, whose word ends at ``blank``, and go behind it."""
    vector = np.frombuffer(content.data, "<f4", rows.dim, blank + 1)
    rows.add(number, content.data[start:blank], vector)
    content.at = blank + 1 + 4 * rows.dim


def _skip_break(data: bytes, at: int) -> int:
    """Past the line break that word2vec, but not gensim, ends a row with."""
    while data[at : at + 1] == b"\n":
        at += 1
    return at


def _usual_rows(content: _Bytes, most: int, dim: int) -> list[tuple[int, int]]:
    """Rows that can be read in the plain way: where each starts, and the blank after its word.

    The one before a row that looks wrong is left out as well, as that may be where the reading got
    out of step; so is the last.
    """
    data, at, size = content.data, content.at, 4 * dim
    found: list[tuple[int, int]] = []
    while len(found) < most:
        at = _skip_break(data, at)
        blank = data.find(b" ", at, at + _LONGEST_WORD)
        if blank < 0 or blank + 1 + size > len(data):
            break
        found.append((at, blank))
        at = blank + 1 + size
    if not found:
        return []
    block = np.stack([np.frombuffer(data, "<f4", dim, blank + 1) for _, blank in found])
    usual = _usual(block)
    for i, (start, blank) in enumerate(found):
        if not (usual[i] and _is_word(data[start:blank])):
            return found[: max(i - 1, 0)]
    return found[:-1]


def _best_blank(content: _Bytes, start: int, dim: int, last: bool) -> int | None:
    """Where the word of the row at ``start`` ends, or None where there is no row.

    Of the blanks that may be its end the one is taken that gives the best row with the best row
    after it, and of equal ones the first.
    """
    best, score = None, _ENOUGH - 1
    for blank in _blanks(content.data, start, dim):
        end = blank + 1 + 4 * dim
        now = _score(content.data, start, blank, dim)
        if last:
            now += 4 * content.is_end(end)
        else:
            following = _skip_break(content.data, end)
            after = [
                _score(content.data, following, b, dim)
                for b in _blanks(content.data, following, dim)
            ]
            now += max(after, default=0)
        if now > score:
            best, score = blank, now
    return best


def _blanks(data: bytes, start: int, dim: int) -> list[int]:
    """Blanks that may end the word at ``start``, with bytes enough for a vector behind them.

    Control characters are a sign that numbers have begun: no later blank ends the word.
    """
    found: list[int] = []
    blank = start - 1
    while len(found) < _BLANKS:
        blank = data.find(b" ", blank + 1, start + _LONGEST_WORD)
        if blank < 0 or blank + 1 + 4 * dim > len(data):
            break
        if found and len(data[start:blank].translate(None, _CONTROL)) < blank - start:
            break
        found.append(blank)
    return found


def _score(data: bytes, start: int, blank: int, dim: int) -> int:
    """How much a row looks like one: 2 for its word, 2 for its numbers (1 if finite)."""
    vector = np.frombuffer(data, "<f4", dim, blank + 1)[None]  # (1, D)
    numbers = 2 if _usual(vector)[0] else int(np.isfinite(vector).all())
    return numbers + 2 * _is_word(data[start:blank])


def _usual(block: np.ndarray) -> np.ndarray:
    """Which vectors have components of a size that word vectors have: (N, D) to (N,)."""
    size = np.abs(block)
    return ((size == 0) | ((size > _USUAL[0]) & (size < _USUAL[1]))).all(axis=1)  # False for nan


def _is_word(raw: bytes) -> bool:
    """Whether these bytes can be a word: UTF-8 without control characters, not blank."""
    try:
        word = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(word.strip()) and min(word) >= " "
