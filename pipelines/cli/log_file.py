"""``--log-file``: all that a command says, also in a file, with the time and without bars."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from ...errors import InputError, SnnConvertError

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Log:
    """A file that whole lines are appended to, each with the time.

    A log that cannot be written any more is said once, and the work goes on.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._broken = False
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.is_fifo():  # which nobody may read: opened so, that is an error
                os.close(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK))
            self._file = self.path.open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            kind = InputError if self.path.is_dir() else SnnConvertError
            raise kind(
                f"expected a file that can be written at --log-file {path}, but: "
                f"{error.strerror or error}; name another one"
            ) from error

    def line(self, text: str) -> None:
        """Append a line; bars, which end in a return, and empty lines are left out."""
        text = _ESCAPES.sub("", text.removesuffix("\r"))
        if self._broken or not text.strip() or "\r" in text:
            return
        try:
            self._file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {text}\n")
            self._file.flush()
        except OSError as error:
            self._broken = True
            said = f"snnconvert: warning: no more is written to {self.path}: {error.strerror}"
            print(said, file=getattr(sys.stderr, "screen", sys.stderr))

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):  # said before
            self._file.close()


class Logged:
    """A stream whose whole lines go into a log too.

    Attributes:
        screen: the stream itself, for bars and for answers of any length
    """

    def __init__(self, screen: TextIO, log: Log) -> None:
        self.screen, self._log, self._begun = screen, log, ""

    def write(self, text: str) -> int:
        """Write to both."""
        count = self.screen.write(text)
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._log.line(line)
        return count

    def end(self) -> None:
        """Log what is left without a line end."""
        self._log.line(self._begun)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.screen, name)


@contextmanager
def logged(path: str | None, command: str) -> Iterator[None]:
    """Log what is said inside, where there is a ``path``; it begins with the command.

    Raises:
        SnnConvertError: the file cannot be written; `InputError` for a folder.
    """
    if path is None:
        yield
        return
    log, before = Log(path), (sys.stdout, sys.stderr)
    out, err = (Logged(stream, log) for stream in before)
    sys.stdout, sys.stderr = out, err
    log.line(f"$ {command}")
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in (out, err):
            stream.end()
        log.close()
