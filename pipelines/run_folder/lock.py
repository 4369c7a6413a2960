"""One command at a time in a folder."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import SnnConvertError
from ...files import make_folder

NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP)  # file systems that know no locks


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep a second command out of the folder ``path`` while one is working in it.

    The operating system drops the lock when the process ends, however it ends. A folder that was
    made for nothing, because the work could not begin, is taken away again.

    Raises:
        SnnConvertError: another process holds the folder, or it cannot be written.
    """
    from filelock import FileLock, Timeout  # most commands only read

    fresh = not path.exists()
    lock = FileLock(path / ".lock", blocking=False)
    try:
        make_folder(path)
        lock.acquire()
    except Timeout:
        raise SnnConvertError(
            f"another snnconvert command is working in {path}: wait for it, or choose another "
            "folder"
        ) from None
    except OSError as error:
        if error.errno in NO_LOCKS:
            print(
                f"{path} lies on a file system without locks: let no second command work in it",
                file=sys.stderr,
            )
        else:
            raise SnnConvertError(
                f"could not write to {path}: {error.strerror or error}; choose another folder"
            ) from error
    try:
        yield
    finally:
        if fresh and [file.name for file in path.iterdir()] == [".lock"]:
            (path / ".lock").unlink()
            path.rmdir()
        lock.release()
