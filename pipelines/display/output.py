"""What a command says at its end: a table, JSON for a program, or nothing."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_QUIET = ContextVar("quiet", default=False)


def add_quiet(parser: ArgumentParser) -> None:
    """The option of commands whose answer is what they are for."""
    parser.add_argument("--quiet", action="store_true", help="show no progress bars")


def add_output(parser: ArgumentParser) -> None:
    """Options of commands that write what they find to files."""
    parser.add_argument(
        "--quiet",
        action="store_true",
        help="show no progress bars and no tables; warnings and errors remain",
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, no tables")


def tell(given: Mapping[str, Any], figures: object, text: Callable[[], str]) -> None:
    """Print what was found: ``figures`` with --json, nothing with --quiet, or else ``text``.

    Args:
        given: options of the command
        figures: what JSON can hold
        text: makes what people read
    """
    if given.get("json"):
        json.dump(figures, sys.stdout, ensure_ascii=False, allow_nan=False)
        print()
    elif not given.get("quiet"):
        print(text())


def note(sentence: str) -> None:
    """Say on the error stream, in one line, what has been done; nothing with --quiet."""
    if not _QUIET.get():
        print(sentence, file=sys.stderr)


def warn(sentence: str | None) -> None:
    """Write a warning of one line to the error stream, also with --quiet and --json.

    None is no warning.
    """
    if sentence:
        print(f"snnconvert: warning: {sentence}", file=sys.stderr)


@contextmanager
def hushed(quiet: bool) -> Iterator[None]:
    """Without progress bars and notes inside, bars of libraries among them."""
    if not quiet:
        yield
        return
    from tqdm import tqdm

    begin = tqdm.__init__

    def silent(bar: Any, *words: Any, **named: Any) -> None:
        begin(bar, *words, **named | {"disable": True})

    tqdm.__init__ = silent
    token = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(token)
        tqdm.__init__ = begin
