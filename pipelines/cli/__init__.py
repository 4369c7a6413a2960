"""The command line. Light to import: a command's own needs are loaded when it runs.

The code of the command NAME is ``commands/NAME.py``; what it takes is in ``pipelines/settings``,
and what it does in ``pipelines/NAME``.
"""

from __future__ import annotations

from .commands import COMMANDS
from .entry import command_parser, main

__all__ = ["COMMANDS", "command_parser", "main"]
