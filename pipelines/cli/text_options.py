"""Options of commands that read texts from the command line, from a file or standard input."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import InputError
from ...files import is_file
from .shared import Given

if TYPE_CHECKING:
    from ..streams.texts import TextSource


def add_text_file(group: argparse._ArgumentGroup) -> None:
    """Which file the texts come from, and how it is read."""
    group.add_argument(
        "--input",
        metavar="FILE",
        help="texts, one a line; .json, .jsonl, .csv and .tsv have a column of them; - for "
        "standard input (default: none)",
    )
    group.add_argument(
        "--text-column",
        metavar="NAME",
        help="column of the texts, by name or number (default: as in training, or by its name)",
    )
    group.add_argument(
        "--encoding",
        metavar="NAME",
        help="encoding of the input, as in GB18030 (default: what its mark says, or UTF-8)",
    )


def texts_of(
    given: Given, texts: Sequence[str], name: str, command: str
) -> Sequence[str] | TextSource:
    """The texts of the command line, or where else they come from.

    Args:
        given: the parsed options
        texts: of the command line; ``-`` alone stands for standard input
        name: of the option that gives texts, as in ``TEXT``
        command: for the error

    Raises:
        InputError: no texts, or two places of them.
    """
    path = "-" if texts == ["-"] else given["input"]
    if path is not None and texts not in ([], ["-"]):
        raise InputError(f"expected {name} or --input FILE, but got both: leave one out")
    if path is None and not texts:
        raise InputError(
            f"the following arguments are required: {name}, - or --input FILE; see snnconvert "
            f"{command} --help"
        )
    columns = given["text_column"], given["encoding"]
    if path is None and columns != (None, None):
        raise InputError(
            "expected --text-column and --encoding with --input FILE only: leave them out"
        )
    if path is None:
        _tell_files(texts)
        return texts
    from ..streams.texts import TextSource

    return TextSource(path, *columns)


def _tell_files(texts: Sequence[str]) -> None:
    """Say it where a text is the name of a file, which then was meant to be read, as a rule."""
    files = [text for text in texts if is_file(text)]
    if files:
        from ..display.output import warn

        warn(f"{files[0]} is taken as a text, not as a file: give --input {files[0]} to read it")
