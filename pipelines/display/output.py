"""What a command says at its end: a table, JSON for a program, or nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ...progress import silent


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
    if not silent():
        print(sentence, file=sys.stderr)


def warn(sentence: str | None) -> None:
    """Write a warning of one line to the error stream, also with --quiet and --json.

    None is no warning.
    """
    if sentence:
        print(f"snnconvert: warning: {sentence}", file=sys.stderr)
