"""What a command says at its end: a table, JSON for a program, or nothing."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


def add_quiet(parser: ArgumentParser) -> None:
    """The option of commands whose answer is what they are for."""
    parser.add_argument("--quiet", action="store_true", help="show no progress bars")


def add_output(parser: ArgumentParser) -> None:
    """Options of commands that write what they find to files."""
    parser.add_argument(
        "--quiet", action="store_true", help="show no progress bars and no tables; errors remain"
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


_HUSHED = [False]


def remark(text: str) -> None:
    """Say on standard error what the user should know, unless all is hushed."""
    if not _HUSHED[-1]:
        print(text, file=sys.stderr)


@contextmanager
def hushed(quiet: bool) -> Iterator[None]:
    """Without progress bars and remarks inside, bars of libraries among them."""
    if not quiet:
        yield
        return
    from tqdm import tqdm

    begin = tqdm.__init__

    def silent(bar: Any, *words: Any, **named: Any) -> None:
        begin(bar, *words, **named | {"disable": True})

    tqdm.__init__ = silent
    _HUSHED.append(True)
    try:
        yield
    finally:
        _HUSHED.pop()
        tqdm.__init__ = begin
