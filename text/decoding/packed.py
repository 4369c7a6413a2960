"""The whole content of a data file, unpacked where it is compressed."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ...errors import InputError
from .compressed import HEAD, kind_of, unpacked

COMPRESSED = (".gz", ".bz2", ".xz", ".zip")
"""Endings of names that promise a compressed file."""

_DOCUMENTS = ("xl/workbook.xml", "content.xml", "word/document.xml")


def read_bytes(path: Path) -> bytes:
    """The content of ``path``, unpacked by what its first bytes are.

    Raises:
        InputError: missing, unreadable, cut off, damaged, plain although its name ends in one of
            `COMPRESSED`, a workbook, or a zip file that does not hold exactly one file.
    """
    _refuse_documents(path)
    with unpacked(path) as stream:
        data = stream.read()
    ending = path.suffix.lower()
    if ending in COMPRESSED and data and _is_plain(path):
        raise InputError(
            f"expected a whole {ending} file, but {path} is cut off, damaged or of another kind; "
            "fetch it again, or name it without that ending"
        )
    return data


def _is_plain(path: Path) -> bool:
    """Whether the file itself is not compressed; it has been read before."""
    with path.open("rb") as handle:
        return kind_of(handle.read(HEAD), path) == "plain"


def _refuse_documents(path: Path) -> None:
    """Say what to do with a workbook or document, which is a zip file of many files."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        found = any(name in _DOCUMENTS for name in archive.namelist())
    if found:
        raise InputError(
            f'expected a text file, but {path} is a workbook or document: save it as "CSV UTF-8" '
            "and give that file"
        )
