"""What a command says at its end: a table, JSON for a program, or nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ...formatting import printable
from ...progress import say
from .screen import coloured, columns, fitted, is_terminal, styled


def tell(given: Mapping[str, Any], figures: object, text: Callable[[], str]) -> None:
    """Print what was found: ``figures`` with --json, nothing with --quiet, or else ``text``.

    Args:
        given: options of the command
        figures: what JSON can hold
        text: makes what people read
    """
    if given.get("json"):
        screen = getattr(sys.stdout, "screen", sys.stdout)  # no log has use for it
        print(json_line(figures), file=screen)
    elif not given.get("quiet"):
        shown = text()
        print(fitted(shown if coloured() else printable(shown, "\n\t"), columns()))


def json_line(figures: object) -> str:
    """``figures`` as JSON on one line, with escapes for what a terminal would obey."""
    text = json.dumps(figures, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    return "".join(c if printable(c) == c else json.dumps(c)[1:-1] for c in text)


def note(sentence: str) -> None:
    """Say on the error stream what has been done; nothing with --quiet."""
    say(fitted(printable(sentence), columns(sys.stderr)))


def gap() -> None:
    """Leave a line free between what is said and a table, where a person looks at both."""
    if is_terminal(sys.stderr) and is_terminal():
        say("")


def heading(title: str) -> None:
    """Say on the error stream what begins now; nothing with --quiet."""
    say("\n" + styled(printable(title), "bold", sys.stderr))


def advise(what: str, command: str) -> None:
    """Say on the error stream what may be done next; the command stands alone, to be copied."""
    say(f"{printable(what)}:\n  {styled(printable(command), 'green', sys.stderr)}")


def warn(sentence: str | None) -> None:
    """Write a warning of one line to the error stream, also with --quiet and --json.

    None is no warning.
    """
    if sentence:
        line = f"snnconvert: warning: {printable(sentence)}"
        print(fitted(line, columns(sys.stderr)), file=sys.stderr)
