"""Files that are never half written."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import get_ident
from typing import Any

from ..errors import SnnConvertError
from . import disk

_LARGEST_PID = 2**31 - 1
"""Of any system; what is above is no process, and the number of none."""


def replace_file(path: Path | str, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, sync it, then rename it over ``path``.

    A link at ``path`` is replaced itself; what it leads to stays as it is.

    Raises:
        SnnConvertError: the file could not be written (full disk, no permission); ``path`` keeps
            its old content.
    """
    path = Path(path)
    temporary = path.with_name(temporary_name(path, "tmp"))
    try:
        disk.make_folder(path.parent)
        disk.create(temporary)
        write(temporary)
        with open(temporary, "rb+") as handle:
            disk.sync(handle, temporary)
        disk.rename(temporary, path)
        _sweep_leftovers(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def temporary_name(path: Path, end: str) -> str:
    """A name beside ``path`` that no other thread or process takes; `leftovers` knows it again."""
    return f".{path.name}.{get_ident()}.{os.getpid()}.{end}"


def unwritable(path: Path, error: OSError) -> SnnConvertError:
    """The error for a file that cannot be written, in one line."""
    return SnnConvertError(
        f"could not write {path}: {error.strerror or error}; free some space or choose a "
        "folder you can write to (nothing that was there before has been changed)"
    )


def _sweep_leftovers(path: Path) -> None:
    """Remove temporary files of ``path`` that a killed process left half written."""
    for leftover in leftovers(path, "tmp"):
        with suppress(OSError):
            disk.remove(leftover)


def leftovers(path: Path, end: str) -> Iterator[Path]:
    """What processes that are no more have left beside ``path``, under its temporary names."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.{end}"):
        pid = leftover.name.split(".")[-2]
        if pid.isascii() and pid.isdigit() and not is_alive(int(pid[:20])):
            yield leftover


def is_alive(pid: int) -> bool:
    """Whether there is a process ``pid`` on this machine."""
    if not 0 < pid <= _LARGEST_PID:
        return False
    try:
        os.kill(pid, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True


def write_bytes(path: Path | str, data: bytes) -> None:
    """Write ``data``, atomically."""

    def write(temporary: Path) -> None:
        with open(temporary, "rb+") as handle:
            disk.put(handle, data, temporary)

    replace_file(path, write)


def write_text(path: Path | str, text: str) -> None:
    """Write ``text`` as UTF-8 with LF, atomically."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path | str, value: Any) -> None:
    """Write ``value`` as readable JSON (UTF-8, no NaN), atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
