"""What standard output is: how wide, whether coloured, and text that is broken to fit it."""

from __future__ import annotations

import io
import os
import shutil
import sys
import textwrap
from typing import TextIO

NARROWEST = 24
"""Columns; on less nothing can be read, so nothing is made narrower."""
WIDEST_TEXT = 110
"""Columns of sentences; longer lines are hard to read."""


def is_terminal(stream: TextIO | None = None) -> bool:
    """Whether a person looks at ``stream`` (standard output where none is named)."""
    return (stream or sys.stdout).isatty()


def columns(stream: TextIO | None = None) -> int | None:
    """How wide the terminal is; None where there is none, so that files hold whole lines.

    ``COLUMNS`` is taken before the terminal's own answer, as other programs do.
    """
    if not is_terminal(stream):
        return None
    return max(NARROWEST, shutil.get_terminal_size((80, 24)).columns)


def coloured(stream: TextIO | None = None) -> bool:
    """Whether colours and bold letters are shown: on a terminal without ``NO_COLOR``."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return is_terminal(stream) and not plain


def rule(stream: TextIO | None = None) -> str:
    """The character that a line is drawn of."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or ""
    return "\u2500" if coloured(stream) and encoding.lower().startswith("utf") else "-"


def styled(text: str, style: str, stream: TextIO | None = None) -> str:
    """``text`` in a style of rich (``bold``, ``dim``, ``green``) where colours are shown."""
    if not coloured(stream):
        return text
    from rich.style import Style

    return Style.parse(style).render(text)


def fitted(text: str, width: int | None) -> str:
    """Lines of ``text`` that are wider than ``width`` columns, broken at blanks.

    Words that are longer, as paths, stay whole, and so do indented commands: both are copied. A
    line that goes on is indented under what follows the mark it begins with.
    """
    if width is None:
        return text
    return "\n".join(_broken(line, min(width, WIDEST_TEXT), width) for line in text.split("\n"))


def _broken(line: str, wanted: int, most: int) -> str:
    """One line, broken so that it is ``wanted`` columns wide, where it is wider than ``most``."""
    from rich.cells import cell_len

    if line.startswith("  ") or "\x1b" in line or cell_len(line) <= most:
        return line
    indent = "  " if line[:2] in ("- ", "* ") else ""
    if cell_len(line) == len(line):
        options = {"break_long_words": False, "break_on_hyphens": False}
        return textwrap.fill(line, wanted, subsequent_indent=indent, **options)  # type: ignore[arg-type]
    return folded(line, wanted)


def folded(text: str, width: int) -> str:
    """``text`` with no line wider than ``width`` columns: broken at blanks, long words anywhere."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), width=width, color_system=None, _environ={})
    lines = Text(text).wrap(console, width, overflow="fold")
    return "\n".join(line.plain.rstrip() for line in lines)
