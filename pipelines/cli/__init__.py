"""The command line. Light to import: a command's own needs are loaded when it runs."""

from __future__ import annotations

from .entry import COMMANDS, command_parser, main

__all__ = ["COMMANDS", "command_parser", "main"]
