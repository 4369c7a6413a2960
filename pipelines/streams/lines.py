"""The lines of a file or of standard input, as they come, in bounded memory."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from ...errors import InputError
from ...text.decoding.decoding import MARKS, check_encoding, marked_encoding

CHUNK = 1 << 16
"""Bytes that are read at once, at most; what is there already is not waited with."""
LONGEST = 10_000_000
"""Characters; a longer line is no text, but a file of another kind."""


class Chunked(Protocol):
    """What gives the bytes that are there, at most so many; none at its end."""

    def read1(self, size: int = -1, /) -> bytes:
        """The next bytes."""


class Lines:
    """Lines of a stream of bytes, without their ends.

    Args:
        stream: to read from; a pipe gives what it has, so that answers come while it is open
        name: of it in errors
        encoding: of its characters; None for what a byte order mark says, or UTF-8

    Attributes:
        number: of the last line that was given, from 1
    """

    def __init__(self, stream: Chunked, name: str, encoding: str | None = None) -> None:
        self.stream, self.name, self.number = stream, name, 0
        self.encoding = check_encoding(encoding) if encoding else None
        self._decoder: codecs.IncrementalDecoder | None = None  # until the first bytes are here
        self._left = ""  # of a line whose end is not here yet
        self._seen = 0  # whole lines so far
        self._held: deque[str] = deque()  # lines that were looked at, and not given yet
        self._rest: Iterator[str] | None = None

    def chunks(self) -> Iterator[list[str]]:
        """The lines in lists: of as many as have come, at least one.

        Raises:
            InputError: another encoding, or a line without end, with its number.
        """
        while data := self._read():
            *lines, self._left = (self._left + self._decoded(data)).split("\n")
            if len(self._left) > LONGEST or any(len(line) > LONGEST for line in lines):
                raise self._too_long(lines)
            if lines:
                self._seen += len(lines)
                yield [line.removesuffix("\r") for line in lines]
        last = self._left + self._decoded(b"", final=True)
        self._seen += 1
        if last:
            yield [last.removesuffix("\r")]

    def __iter__(self) -> Iterator[str]:
        """The lines one by one; ``number`` says which."""
        while (line := self._held.popleft() if self._held else self._next()) is not None:
            self.number += 1
            yield line

    def ahead(self, most: int) -> list[str]:
        """The next lines, at most so many, which are still given one by one."""
        while len(self._held) < most and (line := self._next()) is not None:
            self._held.append(line)
        return list(self._held)

    def _next(self) -> str | None:
        """The first line that was not looked at, None behind the last."""
        if self._rest is None:
            self._rest = (line for lines in self.chunks() for line in lines)
        return next(self._rest, None)

    def _read(self) -> bytes:
        """The next bytes; of the first ones at least those that tell a byte order mark."""
        data = self._read_some()
        if self._decoder is None:
            while any(mark != data and mark.startswith(data) for mark, _ in MARKS if data):
                if not (more := self._read_some()):
                    break
                data += more
            self.encoding = self.encoding or marked_encoding(data) or "utf-8"
            if self.encoding == "utf-8":
                self.encoding = "utf-8-sig"  # its mark, if there is one, is no character
            self._decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        return data

    def _read_some(self) -> bytes:
        try:
            return self.stream.read1(CHUNK)
        except OSError as error:
            raise InputError(f"could not read {self.name}: {error.strerror or error}") from error

    def _decoded(self, data: bytes, final: bool = False) -> str:
        assert self._decoder is not None  # the first reading makes it
        try:
            return self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            known = error.object[: error.start].decode(error.encoding, "ignore")
            number = self._seen + known.count("\n") + 1
            wanted = "UTF-8" if self.encoding == "utf-8-sig" else self.encoding
            raise InputError(
                f"{self.name} line {number}: expected text in {wanted}, but it has other bytes; "
                "name the encoding, as in --encoding GB18030"
            ) from None

    def _too_long(self, lines: list[str]) -> InputError:
        place = next((i for i, line in enumerate(lines) if len(line) > LONGEST), len(lines))
        return InputError(
            f"{self.name} line {self._seen + place + 1}: expected a text, but it is longer than "
            f"{LONGEST:,} characters; put every text on a line of its own"
        )
