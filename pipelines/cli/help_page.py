"""How a help page looks: short usage, named groups, as wide as the terminal."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from .switches import Switch

WIDEST = 100
"""Columns; longer lines are hard to read."""


class Page(argparse.HelpFormatter):
    """Help with headings in bold, where the terminal shows them, and switches without a value."""

    def __init__(self, prog: str, **settings: Any) -> None:
        import shutil

        width = max(40, min(shutil.get_terminal_size((80, 24)).columns, WIDEST) - 1)
        super().__init__(prog, **({"max_help_position": 26, "width": width} | settings))
        wanted = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._bold = wanted and not os.environ.get("NO_COLOR")

    def start_section(self, heading: str | None) -> None:
        """Begin a group under its name."""
        bold = f"\x1b[1m{heading}\x1b[0m" if heading and self._bold else heading
        super().start_section(bold)

    def _format_usage(
        self, usage: str | None, actions: Any, groups: Any, prefix: str | None
    ) -> str:
        """Only what must be given; the options stand below, in their groups."""
        if usage is None and any(isinstance(a, argparse._SubParsersAction) for a in actions):
            return super()._format_usage(usage, actions, groups, prefix)
        if usage is None:
            must = [a for a in actions if not a.option_strings or a.required]
            words = super()._format_usage(None, must, [], "").strip()
            usage = " ".join([*words.split(), "[options]"])
        return super()._format_usage(usage.replace("%", "%%"), actions, groups, prefix)

    def _format_args(self, action: argparse.Action, default_metavar: str) -> str:
        return "" if isinstance(action, Switch) else super()._format_args(action, default_metavar)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if isinstance(action, Switch):
            return ", ".join(action.option_strings)
        return super()._format_action_invocation(action)
