"""Bytes from files, plain or compressed by gzip, bzip2, xz or zip, with one-line errors."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ..errors import InputError

COMPRESSED = (".gz", ".bz2", ".xz", ".zip")
_MAGIC = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\xfd7zXZ\0": ".xz", b"PK\x03\x04": ".zip"}
_UNPACK: dict[str, Callable[[bytes], bytes]]
_UNPACK = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}
_WORKBOOK = ("xl/workbook.xml", "content.xml", "word/document.xml")


def read_bytes(path: Path) -> bytes:
    """The content of ``path``, decompressed where its name or its first bytes say so.

    Raises:
        InputError: missing, unreadable, truncated, not of the kind its name says, or a zip archive
            that does not hold exactly one file.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"expected a data file at {path}, but there is no such file") from None
    except OSError as error:
        raise InputError(f"could not read {path}: {error.strerror or error}") from error
    named = path.suffix.lower()
    kind = named if named in COMPRESSED else _kind_by_content(data)
    if kind is None:
        return data
    try:
        return _unzip(data, path) if kind == ".zip" else _UNPACK[kind](data)
    except (EOFError, OSError, lzma.LZMAError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"expected a whole {kind} file, but {path} is cut off or damaged ({error}); "
            "fetch it again"
        ) from None
    except (RuntimeError, NotImplementedError) as error:  # zip: encrypted, or another method
        raise InputError(f"could not unpack {path} ({error}): unpack it by hand") from None


def _kind_by_content(data: bytes) -> str | None:
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)


def _unzip(data: bytes, path: Path) -> bytes:
    """The one file in a zip archive, but for folders and what macOS adds."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
        kept = [name for name in names if not _is_litter(name)]
        if any(name in _WORKBOOK for name in names):
            raise InputError(
                f"expected a text file, but {path} is a workbook or document: save it as "
                '"CSV UTF-8" and give that file'
            )
        if len(kept) != 1:
            has = ", ".join(kept[:8]) or "none"
            raise InputError(
                f"expected one file in {path}, but it has {len(kept)} ({has}): unpack it, and give "
                "the folder or one of its files"
            )
        return archive.read(kept[0])


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return parts[0] == "__MACOSX" or parts[-1].startswith(".")
