"""What is said of an error: one line, and what helps where the machine ran out of something."""

from __future__ import annotations

from collections.abc import Callable, Collection

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
