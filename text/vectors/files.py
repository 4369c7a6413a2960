"""Files of word vectors: word2vec text and binary, and GloVe text, each also compressed."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ...errors import InputError, one_line
from ...progress import bar
from ..decoding.compressed import unpacked
from .binary import read_binary
from .kinds import BOM, header, is_binary, looks_like_vectors, refuse_foreign
from .rows import KINDS, Wanted, WordVectors
from .text import read_text

_BLOCK = 1 << 18  # bytes that are read at once; the first are what a file's kind is judged by


def checked(words: Sequence[str], matrix: np.ndarray, source: str) -> WordVectors:
    """`WordVectors` of finite numbers; raises `InputError` that names the first bad word."""
    if not len(words) or matrix.shape[1] == 0:
        raise InputError(f"expected word vectors, but {source} has none")
    finite = np.isfinite(matrix).all(axis=1)  # (N,)
    if not finite.all():
        raise InputError(
            f"expected finite numbers in {source}, but the vector of "
            f"{words[int(np.argmin(finite))]!r} has nan or infinity"
        )
    return WordVectors(list(words), np.ascontiguousarray(matrix, np.float32), source)


def read_vectors(
    path: Path, source: str, progress: bool = True, wanted: Wanted | None = None
) -> WordVectors:
    """Read a file of word vectors; its format is judged by its content, whatever its name.

    A first line of two integers is a word2vec header, any other first line is a row of GloVe text.
    What follows a header is binary where it is not text. Gzip, bzip2, xz and zip are unpacked, and
    a byte order mark is dropped. Rows that cannot be used (another number of values, a blank word,
    one that is not UTF-8, values that are not finite, words with blanks) are skipped and counted.

    Args:
        path: the file.
        source: what to call it in records and errors.
        progress: show a bar of the bytes read, where there is a terminal to draw it on.
        wanted: is asked of each new word whether to keep its vector; None keeps all.

    Raises:
        InputError: unreadable, cut off, another format, another number of rows than its header
            promises, or more than one in twenty rows that cannot be used.
    """
    reading = bar(
        total=path.stat().st_size,
        desc="word vectors",
        unit="B",
        unit_scale=True,
        leave=False,
        shown=progress,
    )
    try:
        # a zip file is read from its end first
        with (
            reading as drawn,
            unpacked(path, looks_like_vectors, lambda at: drawn.update(at - drawn.n)) as content,
        ):
            return _read(content, source, wanted)
    except (ValueError, MemoryError) as error:
        raise InputError(
            f"expected {KINDS}, but {source} is cut off, damaged or of another kind "
            f"({one_line(error)[:150]})"
        ) from None


def _read(content: io.BufferedReader, source: str, wanted: Wanted | None) -> WordVectors:
    """The rows of an unpacked file."""
    first = content.read(_BLOCK)
    refuse_foreign(first, source)
    first = first.removeprefix(BOM)
    blocks = iter(lambda: content.read(_BLOCK), b"")
    line, end, body = first.lstrip(b"\r\n").partition(b"\n")
    found = header(line)
    if found is None or not end or not is_binary(body):
        return read_text(_chained(first, blocks), source, wanted)
    promised, dim = found
    return read_binary(_chained(body, blocks), promised, dim, source, wanted)


def _chained(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from blocks


@contextmanager
def quiet_gensim() -> Iterator[None]:
    """Keep gensim's notes on repeated words and small corpora off the terminal."""
    logger = logging.getLogger("gensim")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
