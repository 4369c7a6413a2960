"""Rows of word2vec and GloVe text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from .kinds import header, is_number, length_of_rows
from .rows import Rows, Wanted, WordVectors

_SAMPLE = 101  # lines
_LONGEST = 1 << 24  # bytes of a line


def read_text(blocks: Iterator[bytes], source: str, wanted: Wanted | None = None) -> WordVectors:
    """Words and vectors of word2vec or GloVe text; of a repeated word the first row.

    gensim's reader makes a Python number of every field; letting numpy read a row at a time takes a
    tenth of its time, which matters with 10 million fields.

    Args:
        blocks: the content in pieces, without a byte order mark.
        source: what the file is called in messages.
        wanted: which words to keep; see `Rows`.

    Raises:
        InputError: too many rows are bad, or they are fewer or more than the header promises.
        ValueError: nothing in it, or a line that is longer than any row.
    """
    first = next(blocks, b"")
    lines = _lines(first, blocks)
    number, line = next(((n, row) for n, row in enumerate(lines, 1) if row.strip()), (0, b""))
    if not number:
        raise ValueError("the file is empty")
    promised, dim = header(line) or (None, 0)
    if promised is None:
        dim = length_of_rows([row for row in first.splitlines() if row.strip()])
    rows = Rows(max(dim, 1), "line", source, wanted)
    for empty in range(1, number):
        rows.add_bad(empty, " is empty")
    if promised is None:
        rows.hint = "the first line is no header of two integers"
    with np.errstate(over="ignore"):  # a number too large for float32 is infinite, and bad
        if promised is None:
            _add(rows, number, line)
        last = _add_lines(rows, lines, number, _is_spaced(first))
    return rows.finish(promised, last)


def _is_spaced(first: bytes) -> bool:
    """Whether every second line is empty, as where line ends were doubled: no row is missing."""
    body = [bool(line.strip()) for line in first.split(b"\n")[1:_SAMPLE]]
    return len(body) > 3 and all(one != other for one, other in pairwise(body[:-1]))


def _add_lines(rows: Rows, lines: Iterator[bytes], last: int, spaced: bool) -> int:
    """Add what follows line ``last``; the number of the last line that is not empty."""
    width, add, array, float32 = rows.dim + 1, rows.add, np.array, np.float32
    for number, line in enumerate(lines, last + 1):
        fields = line.split()
        if not fields:
            continue
        # one between two rows is none where all are so, and those at the end do not count
        for empty in range(last + 1 + spaced, number):
            rows.add_bad(empty, " is empty")
        last = number
        if len(fields) == width:
            try:
                add(number, fields[0], array(fields[1:], float32))
                continue
            except ValueError:
                pass
        _add(rows, number, line)
    return last


def _add(rows: Rows, number: int, line: bytes) -> None:
    """Add a line that may be bad, and say what is wrong with it."""
    fields, dim = line.split(), rows.dim
    surplus = len(fields) - dim - 1
    # A damaged line may be several rows without the breaks between them.
    lost = math.ceil(len(fields) / (dim + 1))
    phrase = 0 < surplus < dim and not all(map(is_number, fields[1:-dim]))
    if surplus and not phrase:
        blank = ", and a blank word" if surplus == -1 and line[:1].isspace() else ""
        rows.add_bad(number, f" has {len(fields) - 1} numbers{blank}, expected {dim}", lost)
        return
    try:
        vector = np.array(fields[-dim:], np.float32)
    except ValueError as error:
        rows.add_bad(number, f": {error}", lost)
        return
    rows.add(number, b" ".join(fields[:-dim]), vector)


def _lines(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Lines without their ends; a carriage return ends them where there is no line feed."""
    end = b"\r" if b"\r" in first and b"\n" not in first else b"\n"
    *whole, rest = first.split(end)
    yield from whole
    for block in blocks:
        *whole, rest = (rest + block).split(end)
        yield from whole
        if len(rest) > _LONGEST:
            raise ValueError(f"a line has more than {_LONGEST} bytes")
    if rest:
        yield rest
