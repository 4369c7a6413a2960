"""A run folder holds files of its own: regular ones, and no link leads out of it.

A folder that somebody else has made may hold links to files of the reader's, which would be read,
written through or emptied, and pipes or devices, which never end. So what a command may touch is
looked at by name and kind before anything of it is opened.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError
from ...files.regular import kind_of_file

_OURS = re.compile(
    r"(?:text|ann|snn|finetuned|teacher|attack|energy|explain|recipes|sweep|report|codes|seed)"
    r"(?:[-.@_].*)?|config\.yaml|results\.json|summary\..*|\.lock|\..*\.tmp"
)
_MOST = 20_000
"""Entries that are looked at: a run has some dozens."""


def check_own(folder: Path) -> None:
    """Refuse a run folder with something of ours in it that is no file or folder of its own.

    Raises:
        InputError: names the first such entry, and says what to do.
    """
    root = os.path.realpath(folder)
    for count, (entry, mode) in enumerate(_entries(folder)):
        if count >= _MOST:
            raise InputError(
                f"expected a run folder at {folder}, but it holds more than {_MOST:,} files, which "
                "no run does; choose another folder"
            )
        if stat.S_ISLNK(mode):
            target = os.path.realpath(entry)
            if os.path.commonpath([root, target]) != root:
                raise InputError(
                    f"expected files of its own in the run folder {folder}, but {entry} is a link "
                    f"that leads out of it, to {target}: put a copy in its place, or remove it"
                )
            mode = _mode_of_target(entry)
        kind = kind_of_file(mode)
        if kind and not stat.S_ISDIR(mode):
            raise InputError(
                f"expected files in the run folder {folder}, but {entry} is {kind}; remove it"
            )


def _mode_of_target(link: str) -> int:
    """Of what a link within the folder leads to; a regular file's where it leads nowhere."""
    try:
        return Path(link).stat().st_mode
    except OSError:
        return stat.S_IFREG


def _entries(folder: Path) -> Iterator[tuple[str, int]]:
    """Path and mode of what is ours in a run folder, and of all below; links are not followed."""
    waiting = [str(folder)]
    while waiting:
        here = waiting.pop()
        for entry in _scanned(here):
            if here == str(folder) and not _OURS.fullmatch(entry.name):
                continue
            mode = entry.stat(follow_symlinks=False).st_mode
            yield entry.path, mode
            if stat.S_ISDIR(mode):
                waiting.append(entry.path)


def _scanned(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:  # it is not there, or not ours to read: who opens it says so
        return []
