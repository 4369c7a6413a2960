"""One command at a time in a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import SnnConvertError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep a second command out of the folder ``path`` while one is working in it.

    A folder that was made for nothing, because the work could not begin, is taken away again.

    Raises:
        SnnConvertError: another process holds the folder, or it cannot be written.
    """
    fresh = not path.exists()
    lock = path / ".lock"
    try:
        path.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o666)
    except OSError as error:
        raise SnnConvertError(
            f"could not write to {path}: {error.strerror or error}; choose another folder"
        ) from error
    try:
        _hold(handle, path)
        yield
    finally:
        if fresh and list(path.iterdir()) == [lock]:
            lock.unlink()
            path.rmdir()
        os.close(handle)


def _hold(handle: int, path: Path) -> None:
    """Hold the open file ``handle`` for this process; it is released when it is closed."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SnnConvertError(
            f"another snnconvert command is working in {path}: wait for it, or choose another "
            "folder"
        ) from None
    except OSError:
        return  # a file system without locks
