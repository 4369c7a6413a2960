"""Of which kind a file of labelled texts is: by the ending of its name, then by its content."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from ....errors import InputError
from ...decoding.packed import COMPRESSED

DELIMITED = (".tsv", ".csv", ".txt")
JSON = (".jsonl", ".ndjson", ".json")
KINDS = (*DELIMITED, *JSON)
EXPECTED = ".tsv, .csv or .jsonl file (or .txt, .json; each also with .gz, .bz2, .xz or .zip)"
_SAME = {".tab": ".tsv"}
_OTHERS = (
    ".xlsx .xls .ods .odt .docx .doc .rtf .pdf .html .htm .xml .yaml .yml .py .r .ipynb .md .rst"
    " .parquet .feather .arrow .pkl .pickle .joblib .npy .npz .pt .pth .h5 .hdf5 .mat .db .sqlite"
    " .sav .dta .rds .rdata .bin .vec .kv .tar .tgz .zst .7z .rar .z"
)
_SAVE = 'save it as "CSV UTF-8" and give that file'
_FOREIGN = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("a workbook or document of old Office", _SAVE),
    b"%PDF-": ("a PDF", "give the texts as a table"),
    b"PAR1": ("a Parquet file", "write it as CSV with pandas' to_csv"),
    b"ARROW1": ("an Arrow file", "write it as CSV with pandas' to_csv"),
    b"SQLite format 3": ("a database", "write its table as CSV"),
    b"\x93NUMPY": ("an array of NumPy", "write it as CSV"),
    b"\x89HDF\r\n": ("an HDF5 file", "write it as CSV"),
    b"version https://git-lfs": ("a pointer of Git LFS", "fetch the file itself: git lfs pull"),
    b"<!doctype html": ("a web page", "fetch the file itself"),
    b"<html": ("a web page", "fetch the file itself"),
}


def kind_of(path: Path) -> str | None:
    """One of `KINDS` where the name ends so (also compressed), or that of a file in a zip."""
    suffixes = [s.lower() for s in path.suffixes]
    packed = suffixes.pop() if suffixes and suffixes[-1] in COMPRESSED else None
    if suffixes and suffixes[-1] in KINDS:
        return suffixes[-1]
    if packed != ".zip":
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            found = [Path(name).suffix.lower() for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile):
        return None
    return next((kind for kind in found if kind in KINDS), None)


def named_kind(path: Path) -> str:
    """The kind of a file that the user names: that of its ending, or text where it has another.

    Raises:
        InputError: the ending is that of files that hold no plain text.
    """
    found = kind_of(path)
    if found is not None:
        return found
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    ending = suffixes[-1] if suffixes else ""
    if ending and ending in _OTHERS.split():
        raise InputError(f"expected a {EXPECTED}, but got {path.name}")
    return _SAME.get(ending, ".txt")


def refuse_foreign(data: bytes, path: Path) -> None:
    """Refuse content that is no table of texts, whatever the file is called.

    Raises:
        InputError: by its first bytes it is such a file; says what to do.
    """
    head = data[:64].lstrip() if data[:64].lstrip()[:1] == b"<" else data[:64]
    if head[:1] == b"\x80" and b"\x02" <= head[1:2] <= b"\x05":
        kind, remedy = "a pickle, which is never loaded", "write it as CSV"
    else:
        folded = head.lower() if head[:1] == b"<" else head
        found = next((told for magic, told in _FOREIGN.items() if folded.startswith(magic)), None)
        if found is None:
            return
        kind, remedy = found
    raise InputError(f"expected labelled texts, but {path} looks like {kind}: {remedy}")


def holds_json(text: str) -> bool:
    """Whether ``text`` is JSON: a whole value, or an object on its first line."""
    start = text.lstrip()
    if not start.startswith(("{", "[")):
        return False
    for part in (start.splitlines()[0], start):
        try:
            value = json.loads(part)
        except (ValueError, RecursionError):
            continue
        return isinstance(value, dict) or (isinstance(value, list) and part is start)
    return False
