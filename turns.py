"""A lock that threads take turns by."""

from __future__ import annotations

from threading import RLock


class Turns:
    """A reentrant lock, used by ``with``; a copy of what has it, pickled or not, has its own."""

    def __init__(self) -> None:
        self._lock = RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()

    def __reduce__(self) -> tuple[type[Turns], tuple[()]]:
        return Turns, ()
