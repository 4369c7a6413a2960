"""Where data sets lie, and the rows of their files by split."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError
from .encodings import decode, read_bytes, user_path
from .readers import KINDS, Row, kind_of, read_rows
from .registry import BUILTIN, NAMED, unknown_name

SPLITS = ("train", "dev", "test")
Rows = dict[str, list[Row]]
"""Rows by split name; the only key "all" where the source has no splits."""

_ALIASES = {"validation": "dev", "valid": "dev", "val": "dev"}


def data_folder(data_dir: str | Path | None) -> Path | None:
    """``data_dir``, or SNNCONVERT_DATA where it is None, or None where neither is set."""
    base = data_dir or os.environ.get("SNNCONVERT_DATA")
    return Path(base).expanduser() if base else None


def builtin_file(name: str) -> Path:
    """The file of the built-in set ``name``."""
    return Path(__file__).parent / "builtin" / f"{name.removeprefix('builtin-')}.tsv"


def read_builtin(name: str) -> Rows:
    """The rows of a built-in set, whose lines are ``split<TAB>label<TAB>text``."""
    path = builtin_file(name)
    rows: Rows = {split: [] for split in SPLITS}
    for line in decode(read_bytes(path), path).rstrip("\n").split("\n"):
        split, label, text = line.split("\t")
        rows[split].append((label, text))
    return rows


def read_named(name: str, data_dir: str | Path | None) -> Rows:
    """The rows of the named set ``name``.

    Raises:
        InputError: no data folder is set, or it does not have the set.
    """
    if name in BUILTIN:
        return read_builtin(name)
    base = data_folder(data_dir)
    get = f"fetch it with: snnconvert data get {name} --data-dir DIR"
    if base is None:
        raise InputError(
            f"data set {name} needs a data folder: give --data-dir or set SNNCONVERT_DATA, or {get}"
        )
    if (base / name).is_dir():
        return read_folder(base / name)
    here = sorted(n for n in NAMED if (base / n).is_dir())
    has = f"which has {', '.join(here)}" if here else "which has none of the named sets"
    raise InputError(f"expected data set {name} in the data folder {base}, {has}; {get}")


def read_path(given: str) -> tuple[str, Rows]:
    """Name and rows of the file or folder that the user named ``given``.

    Raises:
        InputError: there is no such file or folder, or nothing usable in it.
    """
    path = user_path(given, "a data set")
    if not given.strip():
        raise unknown_name(given)
    if path.is_dir():
        return path.resolve().name, read_folder(path)
    if path.exists():
        return path.name, {"all": read_rows(path)}
    if path.parent == Path() and not kind_of(path):
        raise unknown_name(given)
    beside = [p.name for p in data_files(path.parent)] if path.parent.is_dir() else []
    hint = f"; that folder has {', '.join(beside[:8])}" if beside else ""
    raise InputError(f"expected a data set at {given}, but there is no such file{hint}")


def read_folder(folder: Path) -> Rows:
    """The rows of the train, dev and test files of ``folder``, or of its file "all"."""
    found = split_files(folder)
    if "train" in found:
        return {split: read_rows(found[split]) for split in SPLITS if split in found}
    if "all" in found:
        return {"all": read_rows(found["all"])}
    names = [p.name for p in data_files(folder)]
    has = f"it has only {', '.join(names[:8])}" if names else "it has no such file"
    raise InputError(
        f"expected a train file (or all) of kind {', '.join(KINDS)} (also .gz, .xz) in {folder}, "
        f"but {has}"
    )


def split_files(folder: Path) -> Mapping[str, Path]:
    """The data files of ``folder`` by split ("train", "dev", "test", "all"); others are ignored.

    Raises:
        InputError: two files for one split.
    """
    found: dict[str, Path] = {}
    for path in data_files(folder):
        stem = path.name.split(".", 1)[0].lower()
        stem = _ALIASES.get(stem, stem)
        if stem in found:
            raise InputError(
                f"{folder} has two files for {stem} ({found[stem].name} and {path.name}): keep one"
            )
        if stem in (*SPLITS, "all"):
            found[stem] = path
    return found


def data_files(folder: Path) -> list[Path]:
    """The TSV, CSV and JSONL files in ``folder``, by name; none where it cannot be read."""
    try:
        return sorted(p for p in folder.iterdir() if p.is_file() and kind_of(p))
    except OSError as error:
        raise InputError(f"could not read the folder {folder}: {error.strerror}") from error
