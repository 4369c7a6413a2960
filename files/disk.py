"""Every change that this package makes on the disk, in one place: write, sync, rename, folders.

Tests put themselves between (`watched`): what they raise is what the disk has said, and where they
end the process, it has died there. So each command can be tried at each of its operations.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

Watch = Callable[[str, Path], None]
"""Is told the operation (``write``, ``half`` of a write, ``sync``, ``rename``, ``folder``,
``remove``) and what it is done to, before it is done."""

_watch: Watch | None = None


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Inside the block, ``watch`` is asked before every operation of this process."""
    global _watch
    before, _watch = _watch, watch
    try:
        yield
    finally:
        _watch = before


def about_to(operation: str, path: Path | str) -> None:
    """Say that ``operation`` is going to be done to ``path``."""
    if _watch is not None:
        _watch(operation, Path(path))


def make_folder(path: Path) -> None:
    """Make a folder with those above it, where it is not there."""
    if not path.is_dir():
        about_to("folder", path)
        path.mkdir(parents=True, exist_ok=True)


def create(path: Path) -> None:
    """Make an empty file that was not there: what lay at ``path`` goes, a link itself with it."""
    about_to("write", path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        os.close(os.open(path, flags, 0o666))
    except FileExistsError:
        path.unlink()
        os.close(os.open(path, flags, 0o666))


def put(handle: BinaryIO, data: bytes, path: Path) -> None:
    """Write ``data`` to an open file, and hand it to the operating system."""
    about_to("write", path)
    if _watch is not None:  # as a disk does that is full in the middle of it
        half = len(data) // 2
        handle.write(data[:half])
        handle.flush()
        about_to("half", path)
        data = data[half:]
    handle.write(data)
    handle.flush()


def sync(handle: BinaryIO, path: Path) -> None:
    """Let the disk have all that was written."""
    about_to("sync", path)
    os.fsync(handle.fileno())


def rename(source: Path, target: Path) -> None:
    """Put ``source`` in the place of ``target``, in one step."""
    about_to("rename", target)
    os.replace(source, target)


def remove(path: Path, missing_ok: bool = False) -> None:
    """Take a file away; of a link, the link."""
    if missing_ok and not os.path.lexists(path):
        return
    about_to("remove", path)
    path.unlink(missing_ok=missing_ok)


def remove_folder(path: Path) -> None:
    """Take a folder away with all that is in it; links in it are not followed."""
    about_to("remove", path)
    shutil.rmtree(path)
