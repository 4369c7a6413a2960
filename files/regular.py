"""Files that are read: regular ones alone, and no more of them than their kind can need."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import InputError

MEGABYTE = 1 << 20
SMALL = 16 * MEGABYTE
"""The most that a file of settings, figures or a network's description can have."""
LARGE = 512 * MEGABYTE
"""The most of any other file that is read whole, but for tensors, whose header says their size."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def is_file(path: Path | str) -> bool:
    """Whether a file is there; no name is too long or too odd to be asked for.

    `Path.is_file` raises where the system takes no such name.
    """
    return os.path.isfile(path)  # noqa: PTH113


def kind_of_file(mode: int) -> str:
    """What a file of that ``st_mode`` is where it is no regular file; nothing for one."""
    return "" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no regular file")


def is_there(path: Path | str) -> bool:
    """Whether there is anything at ``path``; nothing is where a name is longer than a disk takes.

    `Path.exists` raises an OSError there, and names come from files too.
    """
    return os.path.exists(path)  # noqa: PTH110


def is_folder(path: Path | str) -> bool:
    """Whether there is a folder at ``path``, likewise."""
    return is_there(path) and Path(path).is_dir()


def open_regular(
    path: Path | str, what: str = "a file", flags: int = os.O_RDONLY, buffering: int = -1
) -> BinaryIO:
    """Open a regular file; a pipe or a device is not waited for.

    Args:
        path: of the file
        what: it is, in the words of an error
        flags: for `os.open`; with those of writing, the file is not emptied
        buffering: as of `open`

    Raises:
        InputError: there is something else at ``path``.
        OSError: it cannot be opened; `FileNotFoundError` where there is nothing.
    """
    more = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        number = os.open(path, flags | more, 0o666)
    except ValueError:  # a NUL in it
        raise InputError(f"expected {what} at {str(path)!r}, but that is no path") from None
    kind = kind_of_file(os.fstat(number).st_mode)
    if kind:
        os.close(number)
        raise InputError(
            f"expected {what} at {path}, but it is {kind}; give the path of a regular file"
        )
    mode = "rb" if flags == os.O_RDONLY else "r+b"
    return cast(BinaryIO, os.fdopen(number, mode, buffering))


def read_bytes(path: Path | str, what: str = "a file", most: int = LARGE) -> bytes:
    """The content of a regular file of at most ``most`` bytes.

    Raises:
        InputError: it is missing, unreadable, larger, or no regular file.
    """
    try:
        with open_regular(path, what) as handle:
            size = os.fstat(handle.fileno()).st_size
            data = b"" if size > most else _content(handle, size, most)
    except FileNotFoundError:
        raise InputError(f"expected {what} at {path}, but there is no such file") from None
    except OSError as error:
        raise InputError(f"could not read {what} at {path}: {error.strerror or error}") from error
    if max(size, len(data)) > most:
        raise InputError(
            f"expected {what} of at most {most // MEGABYTE} MB at {path}, but it has "
            f"{max(size, len(data)) / MEGABYTE:,.0f}; it is not what it should be: make it again"
        )
    return data


def _content(handle: BinaryIO, size: int, most: int) -> bytes:
    """What a file of about ``size`` bytes holds; it may grow, or not know its size."""
    parts = [handle.read(size + 1)]
    while len(parts[-1]) and (there := sum(map(len, parts))) <= most:
        parts.append(handle.read(min(MEGABYTE, most + 1 - there)))
    return b"".join(parts)
