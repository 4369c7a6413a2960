"""A file as a stream of bytes, unpacked where its content is gzip, bzip2, xz or zip."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

from ...errors import InputError, one_line
from ...files import open_regular

HEAD = 1 << 16
"""How many bytes of the beginning of a file are looked at to judge its kind."""

_MAGIC = {
    b"\x1f\x8b\x08": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # one without members
}
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
_OTHERS = {
    b"(\xb5/\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x1f\x9d": "compress (.Z)",
}
_LAYERS = 3  # a zip file of gzip files is two
_DAMAGE = (EOFError, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error)


class _Counted(io.RawIOBase):
    """A file that tells ``seen`` after every read how far into it that was, in bytes."""

    def __init__(self, file: io.RawIOBase, seen: Callable[[int], object]) -> None:
        self._file, self._seen = file, seen

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """What the file is."""
        return self._file.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of the file."""
        return self._file.seek(offset, whence)

    def readinto(self, buffer: Any) -> int | None:
        """Fill ``buffer`` from the file."""
        taken = self._file.readinto(buffer)
        self._seen(self._file.tell())
        return taken


@contextmanager
def unpacked(
    path: Path,
    wanted: Callable[[bytes], bool] | None = None,
    seen: Callable[[int], object] = lambda position: None,
) -> Iterator[io.BufferedReader]:
    """The content of a file, decompressed by what its first bytes are, whatever its name.

    Errors of reading inside the ``with`` block are turned into those below as well.

    Args:
        path: the file.
        wanted: of the members of a zip file, those whose first `HEAD` bytes it says True to, and
            those that are packed once more, are chosen from; without it all but hidden ones.
        seen: is told after every read how many bytes of the packed file lie behind.

    Raises:
        InputError: missing, unreadable, cut off, damaged, encrypted, in a format that has to be
            unpacked first, or a zip file that has not exactly one file to choose.
    """
    kind = "plain"
    try:
        with ExitStack() as stack:
            file = cast(io.RawIOBase, stack.enter_context(open_regular(path, buffering=0)))
            stream = stack.enter_context(_buffered(_Counted(file, seen)))
            for _ in range(_LAYERS):
                found = kind_of(stream.peek(HEAD), path)
                if found == "plain":
                    break
                kind = found
                layer = _opened(stream, kind, path, wanted, stack)
                stream = stack.enter_context(_buffered(layer))
            yield stream
    except FileNotFoundError:
        raise InputError(f"expected a file at {path}, but there is no such file") from None
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(f"could not read {path}: {error.strerror or error}") from error
        raise InputError(
            f"expected a whole {kind} file, but {path} is cut off, damaged or of another kind "
            f"({one_line(error)[:100]}); fetch it again"
        ) from None


def kind_of(head: bytes, path: Path) -> str:
    """gzip, bzip2, xz, zip, or plain, as the first bytes of a file say.

    Raises:
        InputError: they are those of a format that is not read here; names ``path``.
    """
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            raise InputError(
                f"expected a plain, gzip, bzip2, xz or zip file, but {path} is a {name} file: "
                "unpack it and give the file in it"
            )
    kind = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "plain")
    if kind == "bzip2" and not head[4:].startswith(_BZIP2_BLOCKS):
        return "plain"  # a text that begins with these letters
    return kind


def _opened(
    stream: io.BufferedReader,
    kind: str,
    path: Path,
    wanted: Callable[[bytes], bool] | None,
    stack: ExitStack,
) -> Any:
    """One layer unpacked."""
    if kind == "zip":
        archive = stack.enter_context(zipfile.ZipFile(stream))
        return archive.open(_member(archive, path, wanted))
    if kind == "gzip":
        return gzip.GzipFile(fileobj=stream, mode="rb")
    return bz2.BZ2File(stream) if kind == "bzip2" else lzma.LZMAFile(stream)


def _buffered(raw: Any) -> io.BufferedReader:
    return io.BufferedReader(raw, HEAD)


def _member(
    archive: zipfile.ZipFile, path: Path, wanted: Callable[[bytes], bool] | None
) -> zipfile.ZipInfo:
    """The one file of a zip file that is meant."""
    files = [info for info in archive.infolist() if not info.is_dir() and not _hidden(info)]
    if not files:
        raise InputError(f"expected a zip file with a file in it, but {path} has none")
    for info in files:
        if info.flag_bits & 1:
            raise InputError(
                f"expected a zip file that anyone can open, but {info.filename!r} in {path} is "
                "encrypted: unpack it with its password and give the file in it"
            )
    chosen = files
    try:
        if len(files) > 1 and wanted is not None:
            heads = {info: _head(archive, info) for info in files}
            chosen = [i for i, head in heads.items() if _is_packed(head) or wanted(head)]
        if len(chosen) == 1:
            archive.open(chosen[0]).close()
            return chosen[0]
    except NotImplementedError as error:
        raise InputError(
            f"expected a zip file of a usual kind, but {path} has another "
            f"({one_line(error)[:100]}): unpack it and give the file in it"
        ) from None
    names = ", ".join(info.filename for info in (chosen or files)[:5])
    more = ", ..." if len(chosen or files) > 5 else ""
    raise InputError(
        f"expected one file to read in the zip file {path}, but {len(chosen)} of its {len(files)} "
        f"fit ({names}{more}): unpack it and give one of the files in it"
    )


def _head(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as handle:
        return handle.read(HEAD)


def _is_packed(head: bytes) -> bool:
    """Whether a member of an archive is one itself, which is looked into later."""
    return any(map(head.startswith, _MAGIC))


def _hidden(info: zipfile.ZipInfo) -> bool:
    """What archivers and file browsers add."""
    parts = info.filename.split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith(".") or parts[-1] == "Thumbs.db"
