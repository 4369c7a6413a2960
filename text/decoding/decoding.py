"""Text from bytes: UTF-8, UTF-16 with its mark, or a named encoding; else advice that works."""

from __future__ import annotations

import codecs
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from ...errors import InputError
from ...files.regular import kind_of_file
from .guess import guess_encoding, guess_seven_bits, is_stray

_SURROGATE = re.compile("[\ud800-\udfff]")
# the longer marks first: that of UTF-32 begins with that of UTF-16
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LATER_MARK = re.compile("(^|[\n\r])\ufeff+")
_FEW = 2  # broken places in a file of ASCII that are damage, where they make no letters
_SHOWN = 3  # lines that an error names


def user_path(given: str | Path, what: str) -> Path:
    """``given`` as a path, with ``~`` filled in; raises `InputError` where it can be none."""
    try:
        path = Path(given).expanduser()
        # refuses zero bytes and names longer than the file system allows
        mode = path.stat().st_mode if path.exists() else stat.S_IFREG
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"expected {what}, but got {str(given)[:60]!r} ({error})") from None
    kind = kind_of_file(mode)
    if kind and not stat.S_ISDIR(mode):
        raise InputError(
            f"expected {what} at {path}, but it is {kind}, of which the end is not known: write "
            "what it gives to a file, and give that"
        )
    return path


def replace_surrogates(text: str) -> str:
    """``text`` with lone surrogates, which no UTF-8 file can hold, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


@dataclass(frozen=True)
class Decoded:
    """A file's text, the encoding it was in, and how many byte order marks were inside it."""

    text: str
    encoding: str
    marks: int


def check_encoding(name: str) -> str:
    """``name`` as Python calls it.

    Raises:
        InputError: Python knows no such encoding of text.
    """
    try:
        with suppress(UnicodeError):
            b"abcd".decode(name)  # refuses codecs that are none of text, as rot13
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        raise InputError(
            f"unknown encoding {name!r}: expected a name as UTF-8, UTF-16, GB18030, BIG5 or CP1252"
        ) from None


def marked_encoding(data: bytes) -> str | None:
    """The encoding that a byte order mark at the beginning of ``data`` says, None without one."""
    return next((name for mark, name in MARKS if data.startswith(mark)), None)


def decode(data: bytes, path: Path, encoding: str | None = None) -> Decoded:
    """The text of ``data``, without byte order marks at the beginning of the file or of a line.

    Args:
        data: content of a file.
        path: of the file, for errors.
        encoding: its encoding; by default what its byte order mark says, or UTF-8.

    Raises:
        InputError: the bytes are not in that encoding. The message names the lines that are not,
            and how to get the texts: the likely encoding where one is plausible.
    """
    marked = marked_encoding(data)
    name = check_encoding(encoding) if encoding else marked or "utf-8"
    if marked == "utf-8-sig" and name == "utf-8":
        name = marked
    try:
        text = data.decode(name)
    except UnicodeError as error:  # UTF-16 has errors of its own
        if name in ("utf-8", "utf-8-sig"):
            raise _not_utf8(data, path) from None
        raise _not_in(encoding or name, data, path, error) from None
    if name == "utf-8":
        # zero bytes and escapes are UTF-8 as well
        zeros = text.count("\0") > 0.1 * len(text)
        guess = guess_encoding(data) if zeros else guess_seven_bits(data)
        if guess:
            raise InputError(
                f"expected UTF-8, but {path} looks like {guess}: {_remedy(guess, path)}"
            )
    text = text.removeprefix("\ufeff")  # the mark of UTF-16 or GB18030, where it was named
    text, marks = _LATER_MARK.subn(r"\1", text)
    shown = name.removesuffix("-sig").upper()
    return Decoded(text.rstrip("\x1a\0"), shown, marks)


def is_utf8_too(data: bytes, name: str) -> bool:
    """Whether ``data``, read as ``name``, is UTF-8 beyond ASCII: few other files are by chance."""
    if name.startswith("UTF") or data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _remedy(guess: str, path: Path) -> str:
    if guess == "HZ":  # unknown to many an iconv
        return f"add --encoding {guess}"
    command = f"iconv -f {guess} -t UTF-8 {quote(str(path))} > NEW"
    return f"add --encoding {guess}, or convert it with: {command}"


def _not_in(name: str, data: bytes, path: Path, error: UnicodeError) -> InputError:
    """Bytes that are not in the encoding that was given, or that a mark promises."""
    where = ""
    if isinstance(error, UnicodeDecodeError):
        where = f" (line {_line(data, error.start)}: {_bytes(data, error)})"
    marked = data.startswith(tuple(mark for mark, _ in MARKS))
    what_to_do = "it is cut off or damaged; fetch it again" if marked else "give the one it is in"
    return InputError(
        f"expected the encoding {name}, but {path} has bytes that are not{where}: {what_to_do}"
    )


def _not_utf8(data: bytes, path: Path) -> InputError:
    """What to do about a file that is not UTF-8."""
    lines, bad, good = _broken_lines(data)
    first = data.split(b"\n")[lines[0] - 1]
    try:
        first.decode("utf-8")
        shown = "a cut character"
    except UnicodeDecodeError as error:
        shown = _bytes(first, error)
    named = ", ".join(map(str, lines[:_SHOWN])) + (", ..." if len(lines) > _SHOWN else "")
    where = f"line{'s' * (len(lines) > 1)} {named}"
    whole = good >= 3 * bad or (bad <= _FEW and is_stray(data))
    guess = None if whole else guess_encoding(data)
    if whole or (guess is None and not good and bad <= _FEW < data.count(b"\n")):
        return InputError(
            f"expected UTF-8, and {path} is UTF-8 but for {bad} broken place{'s' * (bad > 1)} in "
            f"{where} ({shown}): mend that line, or drop the broken bytes with: "
            f"iconv -c -f UTF-8 -t UTF-8 {quote(str(path))} > NEW"
        )
    if guess:
        return InputError(
            f"expected UTF-8, but {path} has other bytes ({where}) and looks like {guess}: "
            f"{_remedy(guess, path)}"
        )
    mixed = f", though {good} characters elsewhere in it are" if good else ""
    return InputError(
        f"expected UTF-8, but {path} has bytes that are not ({where}: {shown}){mixed}: save it as "
        "UTF-8 in the program it comes from, or name its encoding with --encoding"
    )


def _broken_lines(data: bytes) -> tuple[list[int], int, int]:
    """Numbers of the lines that are not UTF-8, broken places, and good characters beyond ASCII."""
    lines: list[int] = []
    bad = good = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.isascii():
            continue
        text = line.decode("utf-8", "replace")
        # U+FFFD may stand in the file itself; only what is beyond those was broken
        here = text.count("\ufffd") - line.count(b"\xef\xbf\xbd")
        good += sum(ord(c) > 127 for c in text) - here
        if here:
            bad += here
            lines.append(number)
    return lines or [1], bad, good


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


def _bytes(data: bytes, error: UnicodeDecodeError) -> str:
    part = data[error.start : max(error.end, error.start + 1)]
    return "byte " + " ".join(f"0x{byte:02X}" for byte in part[:4])
