"""The names that options had before: files that have them are read all the same."""

from __future__ import annotations

from typing import Any

from ...errors import InputError
from .options import Options, recipe_options


def old_names() -> dict[str, str]:
    """The names that options of recipes had before, and those that they have."""
    return {old: n for n, o in recipe_options().items() for old in o.metadata.get("old_names", ())}


def renamed(options: Options) -> dict[str, Any]:
    """``options`` by their names of today.

    Raises:
        InputError: one is there by both names.
    """
    today = old_names()
    for old, new in today.items():
        if old in options and new in options:
            raise InputError(f"expected {new} once, but got it as {old} too, its name before")
    return {today.get(name, name): value for name, value in options.items()}


def by_names_of_today(value: Any) -> Any:
    """What an older version wrote, with the names of today in all its mappings."""
    return _within(value, old_names())


def by_names_before(value: Any) -> Any:
    """``value`` as an older version would have written it, for the hashes that it made."""
    return _within(value, {new: old for old, new in old_names().items()})


def _within(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _within(v, names) for key, v in value.items()}
    return [_within(item, names) for item in value] if isinstance(value, list) else value
