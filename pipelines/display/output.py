"""What a command says at its end: a table, JSON for a program, or nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ...progress import say
from .screen import columns, fitted, is_terminal, styled


def tell(given: Mapping[str, Any], figures: object, text: Callable[[], str]) -> None:
    """Print what was found: ``figures`` with --json, nothing with --quiet, or else ``text``.

    Args:
        given: options of the command
        figures: what JSON can hold
        text: makes what people read
    """
    if given.get("json"):
        screen = getattr(sys.stdout, "screen", sys.stdout)  # no log has use for it
        print(json.dumps(figures, ensure_ascii=False, allow_nan=False), file=screen)
    elif not given.get("quiet"):
        print(fitted(text(), columns()))


def note(sentence: str) -> None:
    """Say on the error stream what has been done; nothing with --quiet."""
    say(fitted(sentence, columns(sys.stderr)))


def gap() -> None:
    """Leave a line free between what is said and a table, where a person looks at both."""
    if is_terminal(sys.stderr) and is_terminal():
        say("")


def heading(title: str) -> None:
    """Say on the error stream what begins now; nothing with --quiet."""
    say("\n" + styled(title, "bold", sys.stderr))


def advise(what: str, command: str) -> None:
    """Say on the error stream what may be done next; the command stands alone, to be copied."""
    say(f"{what}:\n  {styled(command, 'green', sys.stderr)}")


def warn(sentence: str | None) -> None:
    """Write a warning of one line to the error stream, also with --quiet and --json.

    None is no warning.
    """
    if sentence:
        line = f"snnconvert: warning: {sentence}"
        print(fitted(line, columns(sys.stderr)), file=sys.stderr)
