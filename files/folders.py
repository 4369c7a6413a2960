"""Folders that are never half written: filled beside their place, then renamed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from ..errors import InputError
from . import disk
from .writing import leftovers, temporary_name, unwritable

T = TypeVar("T")


def replace_folder(path: Path | str, write: Callable[[Path], T], mark: str, force: bool) -> T:
    """Let ``write`` fill a new folder beside ``path``, then rename it to ``path``.

    Args:
        path: where it shall be
        write: fills an empty folder; what it gives back is given back
        mark: a file that every such folder has; ``force`` replaces no other
        force: replace a folder that is there

    Raises:
        InputError: something is there that is not to be replaced, or ``write`` left out ``mark``.
        SnnConvertError: it could not be written; ``path`` keeps what it had.
    """
    path = Path(path)
    _settle(path)
    _check_free(path, mark, force)
    temporary, old = (path.with_name(temporary_name(path, end)) for end in ("tmp", "old"))
    try:
        disk.make_folder(temporary)
        answer = write(temporary)
        if not (temporary / mark).is_file():
            raise InputError(
                f"expected what fills {path} to write {mark} too, by which the next export knows "
                "the folder, but it is not there"
            )
        for file in (found for found in temporary.rglob("*") if found.is_file()):
            with open(file, "rb+") as handle:
                disk.sync(handle, file)
        if path.exists():
            disk.rename(path, old)
        disk.rename(temporary, path)
        return answer
    except OSError as error:
        if old.exists() and not path.exists():
            os.replace(old, path)
        raise unwritable(path, error) from error
    finally:
        for folder in (temporary, old):
            if folder.exists():
                with suppress(OSError):
                    disk.remove_folder(folder)


def _settle(path: Path) -> None:
    """End what a killed process has left: what it was replacing is put back, the rest goes.

    What cannot be removed, such as a link in the place of a folder, stays, and the others go.
    """
    for old in leftovers(path, "old"):
        with suppress(OSError):
            if not os.path.lexists(path) and not old.is_symlink():
                disk.rename(old, path)
            else:
                disk.remove_folder(old)
    for temporary in leftovers(path, "tmp"):
        with suppress(OSError):
            disk.remove_folder(temporary)


def _check_free(path: Path, mark: str, force: bool) -> None:
    """Refuse a place where something is that may not be replaced."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not (path / mark).is_file():
        raise InputError(
            f"expected a new folder, or one of an earlier export, but {path} holds something else: "
            "choose another with --out"
        )
    if not force:
        raise InputError(
            f"expected a new folder, but {path} holds an export already: choose another with "
            "--out, or give --force to replace it"
        )
