"""One mutated file and the reader of its kind: what comes of it, and what it takes."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import shutil
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from snnconvert.errors import SnnConvertError
from snnconvert.tests.campaign.given import FILES, SAMPLE
from snnconvert.tests.campaign.readers import Reader

SECONDS = 2.0
"""The most that a mutated file may take more than the file as it should be."""
BYTES = 500 * 2**20
"""The same of memory."""


@dataclass(frozen=True)
class Trial:
    """What a reader did: nothing wrong, or ``fault`` in words; how long, and how much memory."""

    reader: str
    refused: bool
    fault: str
    seconds: float
    grown: int
    said: str = ""  # of one that was refused


class Bench:
    """A copy of the sample in which one file at a time is another.

    Args:
        folder: an empty folder, for this process alone
    """

    def __init__(self, folder: Path) -> None:
        self.run = folder / "run"
        shutil.copytree(SAMPLE, self.run)
        for name, make in FILES.items():
            (self.run / name).parent.mkdir(parents=True, exist_ok=True)
            (self.run / name).write_bytes(make())
        self._usual: dict[str, float] = {}

    def usual(self, reader: Reader) -> float:
        """Seconds that the file as it should be takes: that is no fault of a mutation."""
        if reader.name not in self._usual:
            self._usual[reader.name] = 0.0  # of the trials here
            found = [self.tried(reader, reader.good()) for _ in range(2)]
            assert not any(trial.fault or trial.refused for trial in found), found
            self._usual[reader.name] = min(trial.seconds for trial in found)
        return self._usual[reader.name]

    def tried(self, reader: Reader, data: bytes) -> Trial:
        """Read ``data`` in the place of the reader's file."""
        path = self.run / reader.file
        before = path.read_bytes()
        path.write_bytes(data)
        try:
            with _grown() as memory:
                start = time.process_time()
                refused, fault = _outcome(reader, self.run)
                seconds = time.process_time() - start
        finally:
            path.write_bytes(before)
        if not fault and seconds > SECONDS:  # a first one may load what all need
            start = time.process_time()
            path.write_bytes(data)
            _outcome(reader, self.run)
            path.write_bytes(before)
            seconds = min(seconds, time.process_time() - start)
        if not fault and seconds > SECONDS and seconds > self.usual(reader) + SECONDS:
            fault = f"took {seconds:.1f} s, and {self.usual(reader):.2f} s as it should be"
        if not fault and memory[0] > BYTES:
            fault = f"took {memory[0] >> 20} MB"
        return Trial(reader.name, bool(refused), fault, seconds, memory[0], refused)


def _outcome(reader: Reader, run: Path) -> tuple[str, str]:
    """What was said of a file that was refused, and what went wrong but for that."""
    quiet = io.StringIO()
    try:
        with contextlib.redirect_stderr(quiet), contextlib.redirect_stdout(quiet):
            reader.read(run)
    except SnnConvertError as error:
        said = str(error)
        return said or "nothing", "" if said.strip() else "an error without a word"
    except Exception as error:  # the find that the campaign is for
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(last.filename)}:{last.lineno}"
        return "", f"{type(error).__name__} at {where}: {str(error)[:200]}"
    return "", ""


@contextmanager
def _grown() -> Iterator[list[int]]:
    """By how many bytes the most memory of this process has grown."""
    found = [0]
    before = _peak()
    yield found
    found[0] = _peak() - before


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
