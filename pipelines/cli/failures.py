"""What is said of an error: one line, and what helps where the machine ran out of something."""

from __future__ import annotations

import errno
from collections.abc import Callable, Collection
from typing import TypeGuard

from ...errors import FILES, MEMORY, PROCESSES, ROOM, SnnConvertError, one_line, ran_out

_OTHERS = {
    FILES: "close some, or let more be opened (ulimit -n)",
    PROCESSES: "end some, or let more be started (ulimit -u)",
    ROOM: "free some space, or let files be larger (ulimit -f); TMPDIR names the folder of "
    "temporary ones",
    MEMORY: "end other programs, or let more be used (ulimit -v)",
}
_FEWER = {MEMORY: ("--batch-size", "--limit", "--workers"), FILES: ("--workers",)}
_FEWER |= {PROCESSES: ("--workers",), ROOM: ()}


def explained(error: Exception, options: Callable[[], Collection[str]]) -> str:
    """One line for the user about ``error``.

    Args:
        error: what ended the command
        options: gives the names of those that the command has
    """
    if isinstance(error, SnnConvertError):
        return one_line(error)
    if is_too_long(error):
        return (
            "expected a path whose names are no longer than the file system takes, usually 255 "
            f"bytes, but got one that begins with {error.filename[:60]!r}: choose a shorter one"
        )
    kind = ran_out(error)
    if kind == ROOM:
        return (
            f"no space left for files ({one_line(error)[:200]}); {_OTHERS[kind]}, and run it again"
        )
    if kind:
        there = options()
        fewer = [name for name in _FEWER[kind] if name in there]
        less = f", or give less: {', '.join(fewer)}" if fewer else ""
        return f"not enough {kind} ({one_line(error)[:200]}); {_OTHERS[kind]}{less}"
    name = type(error).__name__
    return f"failed with {name}: {one_line(error)}; run again with --debug for the traceback"


def is_too_long(error: BaseException) -> TypeGuard[OSError]:
    """Whether a name that was given is longer than any file's can be."""
    if not isinstance(error, OSError) or error.errno != errno.ENAMETOOLONG:
        return False
    return isinstance(error.filename, str)
