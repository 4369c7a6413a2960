"""Data sets of one text a file, in a folder for each class, as IMDb is handed out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ....errors import InputError
from ...decoding.decoding import decode
from ...decoding.invisible import clean_label, clean_text
from ...decoding.packed import read_bytes
from .options import FileOptions
from .readers import Read

_UNLABELLED = ("unsup", "unlabeled", "unlabelled")
_DIGITS = re.compile(r"(\d+)")


def class_folders(folder: Path) -> dict[str, Path]:
    """The folders in ``folder`` that hold .txt files, by the class that they are named after."""
    try:
        below = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
        return {clean_label(p.name): p for p in below if _files(p)}
    except OSError as error:
        raise InputError(f"could not read the folder {folder}: {error.strerror}") from error


def read_class_folders(folder: Path, options: FileOptions) -> Read:
    """The texts below ``folder``: class by class, each in the order of the numbers in its names.

    White space runs of a text become one space, so that a text is one line as elsewhere.

    Raises:
        InputError: fewer than two classes, or a file in another encoding.
    """
    options.refuse("a folder of .txt files by class", ("text_column", "label_column", "delimiter"))
    found = class_folders(folder)
    left = [name for name in found if name.lower() in _UNLABELLED]
    classes = {name: path for name, path in found.items() if name not in left}
    if len(classes) < 2:
        raise InputError(
            f"expected a folder of .txt files for each class in {folder}, but it has "
            f"{', '.join(classes) or 'none'}"
        )
    rows = [
        (label, text) for label, path in classes.items() for text in _texts(path, options.encoding)
    ]
    notes = [f"the classes are those of its folders ({', '.join(classes)})"]
    notes += [f"the folder {name} has no class and was left out" for name in left]
    return Read(rows, {"file": folder.name, "rows": len(rows)}, notes)


def read_split_folders(folders: Mapping[str, Path], options: FileOptions) -> dict[str, Read]:
    """`read_class_folders` of each split."""
    return {split: read_class_folders(folder, options) for split, folder in folders.items()}


def _texts(folder: Path, encoding: str | None) -> Iterable[str]:
    for path in _files(folder):
        text = decode(read_bytes(path), path, encoding).text
        yield clean_text(" ".join(text.split()))


def _files(folder: Path) -> list[Path]:
    """The .txt files of ``folder`` in the order of their numbers; no hidden ones, as macOS adds."""
    files = (p for p in folder.iterdir() if p.suffix.lower() == ".txt" and p.name[0] != ".")
    return sorted((p for p in files if p.is_file()), key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Numbers in a file name in their order, not in that of their digits."""
    parts = _DIGITS.split(path.name)
    return [(int(p), "") if p.isdigit() else (-1, p) for p in parts]
