"""The two errors that users see, each one line: what was expected, what came, what to do."""

from __future__ import annotations


class SnnConvertError(Exception):
    """A failure while working (exit code 1): full disk, broken run folder, failed verification."""

    exit_code = 1


class InputError(SnnConvertError):
    """Bad arguments or bad input (exit code 2): missing file, wrong encoding, unknown label."""

    exit_code = 2


def one_line(error: BaseException) -> str:
    """The message of ``error`` on a single line, for the terminal and for records."""
    return " ".join(str(error).split()) or type(error).__name__
