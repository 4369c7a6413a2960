"""The two errors that users see, each one line: what was expected, what came, what to do."""

from __future__ import annotations

import re


class SnnConvertError(Exception):
    """A failure while working (exit code 1): full disk, broken run folder, failed verification."""

    exit_code = 1


class InputError(SnnConvertError):
    """Bad arguments or bad input (exit code 2): missing file, wrong encoding, unknown label."""

    exit_code = 2


MEMORY, FILES, PROCESSES, ROOM = "memory", "open files", "processes or threads", "space for files"
"""What a machine can run out of."""
_RAN_OUT = {
    MEMORY: r"MemoryError|OutOfMemoryError|(not enough|out of|cannot allocate|can't allocate) "
    r"memory|could not create a primitive|failed to map segment|bad_alloc|Unable to allocate \d",
    FILES: r"Too many open files",
    PROCESSES: r"can't start new thread|Resource temporarily unavailable|can't fork",
    ROOM: r"No space left on device|File too large|Disk quota exceeded|No usable temporary "
    r"directory",
}


def ran_out(error: BaseException | str | None) -> str:
    """What the machine ran out of where ``error`` came of that, one of `_RAN_OUT`; or nothing.

    Such an error says nothing of what was worked on: it may be tried again.

    >>> ran_out(MemoryError()), ran_out("RuntimeError: could not create a primitive")
    ('memory', 'memory')
    """
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    found = (kind for kind, words in _RAN_OUT.items() if re.search(words, text, re.IGNORECASE))
    return next(found, "") if error is not None else ""


def one_line(error: BaseException) -> str:
    """The message of ``error`` on a single line, for the terminal and for records."""
    return " ".join(str(error).split()) or type(error).__name__
