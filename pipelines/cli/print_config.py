"""``--print-config``: the settings of a command as YAML that ``--config`` reads back."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from ...options import called
from .arguments import nested_settings, settings_from
from .config_file import NOT_IN_FILES
from .parser import Parser


class _Row(list[Any]):
    """A list that YAML has on one line."""


def config_text(parser: Parser, given: dict[str, Any]) -> str:
    """Every setting of a command, those that were given and the defaults of the others.

    Raises:
        InputError: a value that is out of its bounds.
    """
    import yaml

    content: dict[str, Any] = {}
    for name, value in _values(parser, given):
        place = content
        *above, last = name.split(".")
        for part in above:
            place = place.setdefault(part, {})
        place[last] = _Row(value) if isinstance(value, tuple) else value
    head = f"# settings of {parser.prog}, for --config; null: chosen by data or recipe\n"
    yaml.SafeDumper.add_representer(
        _Row, lambda dumper, row: dumper.represent_sequence("tag:yaml.org,2002:seq", row, True)
    )
    return head + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10**6)


def _values(parser: Parser, given: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names, as a file has them, and values."""
    seen: set[str] = set()
    for cls, prefix in parser.settings:
        if prefix == "sweep." and not given.get("sweep"):
            continue
        for name, value in flat(cls, settings_from(cls, given, prefix), prefix):
            seen.add(name)
            if not (given.get("sweep") and name in parser.grid):
                yield name, value
    for action in parser._actions:
        if action.dest not in seen and _is_in_files(action):
            seen.add(action.dest)
            value = given.get(action.dest)
            if value is not None:
                yield action.dest, value


def _is_in_files(action: argparse.Action) -> bool:
    names = set(action.option_strings)
    return bool(names) and not names & NOT_IN_FILES and not action.dest.startswith("sweep.")


def flat(cls: type, settings: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """The settings by the names of their options, those of nested classes by their prefixes."""
    nested = dict(nested_settings(cls, prefix))
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            hint, below = nested[field.name]
            yield from flat(hint, value, below)
        else:
            yield f"{prefix}{called(field)}", value
