"""Bytes from plain, gzip and xz files, and UTF-8 text from bytes, with one-line errors."""

from __future__ import annotations

import gzip
import lzma
import re
import zlib
from pathlib import Path
from typing import Any

from ..errors import InputError

COMPRESSED = (".gz", ".xz")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_bytes(path: Path) -> bytes:
    """The content of ``path``, decompressed where its name ends in .gz or .xz.

    Raises:
        InputError: missing, unreadable, truncated or not of the kind its name says.
    """
    openers: dict[str, Any] = {".gz": gzip.open, ".xz": lzma.open}
    opener = openers.get(path.suffix.lower(), open)
    try:
        with opener(path, "rb") as handle:
            return handle.read()
    except FileNotFoundError:
        raise InputError(f"expected a data file at {path}, but there is no such file") from None
    except (EOFError, lzma.LZMAError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"expected a whole {path.suffix} file, but {path} is cut off or damaged ({error}); "
            "fetch it again"
        ) from None
    except OSError as error:
        raise InputError(f"could not read {path}: {error.strerror or error}") from error


def user_path(given: str | Path, what: str) -> Path:
    """``given`` as a path, with ``~`` filled in; raises `InputError` where it can be none."""
    try:
        path = Path(given).expanduser()
        path.exists()  # refuses zero bytes and names longer than the file system allows
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"expected {what}, but got {str(given)[:60]!r} ({error})") from None
    return path


def decode(data: bytes, path: Path) -> str:
    """``data`` as UTF-8 text (a byte order mark is dropped); names the likely real encoding.

    Raises:
        InputError: not UTF-8. GB18030 and UTF-16, the usual ones, are recognised.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        guess = _guess_encoding(data)
        looks = f"looks like {guess}" if guess else "has other bytes"
        raise InputError(
            f"expected UTF-8, but {path} {looks} (line {line}); convert it, for example with: "
            f"iconv -f {guess or 'LATIN1'} -t UTF-8"
        ) from None


def replace_surrogates(text: str) -> str:
    """``text`` with lone surrogates, which no UTF-8 file can hold, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def _guess_encoding(data: bytes) -> str | None:
    """GB18030 or UTF-16 where the bytes say so plainly, else None."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    # Nearly any bytes decode as GB18030, so ask for many common Chinese characters as well: text
    # in a Western encoding gives rare ones here and there between ASCII letters.
    beyond_ascii = [c for c in text if ord(c) > 127]
    common = sum("\u4e00" <= c <= "\u9fa5" or c in "，。！？、：；“”（）" for c in beyond_ascii)
    return "GB18030" if common > 0.5 * len(beyond_ascii) and common > 0.1 * len(text) else None
