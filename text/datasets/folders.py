"""Where data sets lie, and the rows of their files by split."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ...errors import InputError
from ..decoding.decoding import decode, user_path
from ..decoding.packed import read_bytes
from .named import BUILTIN, NAMED, unknown_name
from .readers.class_folders import class_folders, read_class_folders, read_split_folders
from .readers.kinds import EXPECTED, kind_of
from .readers.options import BY_CONTENT, FileOptions
from .readers.readers import Read, Row, read_file, read_files
from .readers.split_column import SPLITS, split_of

Rows = dict[str, list[Row]]
"""Rows by split name; the only key "all" where the source has no splits."""

Found = dict[str, Read]
"""What was read by split, as in `Rows`."""

_SURE = (".tsv", ".csv", ".jsonl")  # before other kinds, which may be notes or settings
_PLAIN = FileOptions(plain=True)


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
    for line in decode(read_bytes(path), path).text.rstrip("\n").split("\n"):
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
    base, entry = data_folder(data_dir), NAMED[name]
    get = f"fetch it with: snnconvert data get {name} --data-dir DIR"
    if entry.source is None and entry.files:
        get = f"put {', '.join(f'{place}.tsv' for place in entry.files.values())} there"
    if base is None:
        raise InputError(
            f"data set {name} needs a data folder: give --data-dir or set SNNCONVERT_DATA, or {get}"
        )
    if is_here(name, base):
        options = replace(_PLAIN, pairs=entry.pairs)
        if entry.files:
            return rows_of(read_files(named_files(name, base), options))
        return rows_of(read_folder(base / name, options))
    here = sorted(n for n in NAMED if is_here(n, base))
    has = f"which has {', '.join(here)}" if here else "which has none of the named sets"
    raise InputError(f"expected data set {name} in the data folder {base}, {has}; {get}")


def named_files(name: str, base: Path) -> dict[str, Path]:
    """The files of the named set ``name`` in the data folder ``base`` by split; none if one lacks.

    Of a set without places of its own they are those of the folder of its name.
    """
    places = NAMED[name].files
    if not places:
        return dict(split_files(base / name)) if (base / name).is_dir() else {}
    found: dict[str, Path] = {}
    for split, place in places.items():
        folder, _, stem = place.rpartition("/")
        files = split_files(base / folder) if (base / folder).is_dir() else {}
        if stem not in files:
            return {}
        found[split] = files[stem]
    return found


def is_here(name: str, base: Path) -> bool:
    """Whether the data folder ``base`` has the named set ``name``."""
    return bool(named_files(name, base)) if NAMED[name].files else (base / name).is_dir()


def rows_of(found: Found) -> Rows:
    """The rows alone."""
    return {split: read.rows for split, read in found.items()}


def read_path(given: str, options: FileOptions = BY_CONTENT) -> tuple[str, Found]:
    """Name and content of the file or folder that the user named ``given``.

    Raises:
        InputError: there is no such file or folder, or nothing usable in it.
    """
    path = user_path(given, "a data set")
    if not given.strip():
        raise unknown_name(given)
    if path.is_dir():
        return path.resolve().name, read_folder(path, options)
    if path.exists():
        return path.name, read_file(path, options).by_split()
    if path.parent == Path() and not kind_of(path):
        raise unknown_name(given)
    beside = [p.name for p in data_files(path.parent)] if path.parent.is_dir() else []
    hint = f"; that folder has {', '.join(beside[:8])}" if beside else ""
    raise InputError(f"expected a data set at {given}, but there is no such file{hint}")


def read_folder(folder: Path, options: FileOptions = BY_CONTENT) -> Found:
    """The train, dev and test files of ``folder``, its file "all", or its folders of classes."""
    found = split_files(folder)
    if "train" in found:
        return read_files({split: found[split] for split in SPLITS if split in found}, options)
    if "all" in found:
        return read_file(found["all"], options).by_split()
    splits = split_folders(folder)
    if "train" in splits:
        return read_split_folders(splits, options)
    if len(class_folders(folder)) > 1:
        return {"all": read_class_folders(folder, options)}
    names = [p.name for p in data_files(folder)]
    has = f"it has only {', '.join(names[:8])}" if names else "it has no such file"
    raise InputError(
        f"expected a train file (or all), a {EXPECTED}, or a folder of .txt files for each class "
        f"in {folder}, but {has}"
    )


def split_files(folder: Path) -> Mapping[str, Path]:
    """The data files of ``folder`` by split ("train", "dev", "test", "all"); others are ignored.

    Raises:
        InputError: two files for one split.
    """
    found: dict[str, Path] = {}
    files = data_files(folder)
    if any(kind_of(path) in _SURE and _split_of(path) == "train" for path in files):
        files = [path for path in files if kind_of(path) in _SURE]
    for path in files:
        stem = _split_of(path)
        if stem in found:
            raise InputError(
                f"{folder} has two files for {stem} ({found[stem].name} and {path.name}): keep one"
            )
        if stem in (*SPLITS, "all"):
            found[stem] = path
    return found


def split_folders(folder: Path) -> dict[str, Path]:
    """The folders in ``folder`` by split, where they hold folders of .txt files by class."""
    below = [p for p in sorted(folder.iterdir()) if p.is_dir()]
    return {_split_of(p): p for p in below if _split_of(p) in SPLITS and class_folders(p)}


def _split_of(path: Path) -> str:
    return split_of(path.name.split(".", 1)[0])


def data_files(folder: Path) -> list[Path]:
    """The files of labelled texts in ``folder``, by name; an error where it cannot be read."""
    try:
        return [
            p for p in sorted(folder.iterdir()) if p.is_file() and kind_of(p) and p.name[0] != "."
        ]
    except OSError as error:
        raise InputError(f"could not read the folder {folder}: {error.strerror}") from error
