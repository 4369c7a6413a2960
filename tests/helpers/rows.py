"""Rows for tests of how they are shared out: a file each, and some that go wrong."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from snnconvert.errors import InputError


def write(folder: Path, number: int) -> None:
    """What a row is: a file. Number 3 kills its process once, 7 is refused, 8 fails."""
    killed = folder / "killed"
    if number == 3 and not killed.exists():
        killed.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 7:
        raise InputError("expected another number, but got 7")
    if number == 8:
        raise ValueError("eight")
    (folder / str(number)).write_text(json.dumps([os.getpid(), os.environ["OMP_NUM_THREADS"]]))
