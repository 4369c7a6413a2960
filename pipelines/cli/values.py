"""Words of the command line as values of a settings field, and how a help text shows these."""

from __future__ import annotations

import argparse
import types
import typing
from dataclasses import Field
from typing import Any

from ...checked_json import MOST_WHOLE, WHOLE
from ...formatting import meant

_TYPES: dict[type, dict[str, Any]] = {}


def types_of(owner: type) -> dict[str, Any]:
    """The types of a settings class's fields; reading them is most of the work of a help text."""
    if owner not in _TYPES:
        _TYPES[owner] = typing.get_type_hints(owner)
    return _TYPES[owner]


def kind_of(field: Field[Any], owner: type) -> tuple[type, bool, bool]:
    """(basic type, may be None, is a tuple) of a dataclass field."""
    hint = types_of(owner)[field.name]
    optional = False
    if isinstance(hint, types.UnionType):
        parts = [part for part in typing.get_args(hint) if part is not type(None)]
        hint, optional = parts[0], True
    if typing.get_origin(hint) is tuple:
        return typing.get_args(hint)[0], optional, True
    return hint, optional, False


def converted(text: str, field: Field[Any], owner: type) -> Any:
    """One option's text as the field's type.

    Raises:
        argparse.ArgumentTypeError: it is not of that type, or not one of its choices.
    """
    kind, optional, many = kind_of(field, owner)
    choices = field.metadata.get("choices", ())
    if optional and text.lower() in ("none", "") and text.lower() not in choices:
        return None
    parts = [part.strip() for part in text.split(",")] if many else [text]
    values = [_single(part, kind) for part in parts]
    for part, value in zip(parts, values, strict=True):
        if len(choices) and value not in choices:
            raise argparse.ArgumentTypeError(
                f"expected one of {', '.join(choices)}, but got {part!r}{meant(part, choices)}"
            )
    return tuple(values) if many else values[0]


def _single(text: str, kind: type) -> Any:
    """One value of a basic type."""
    try:
        value = _boolean(text) if kind is bool else kind(text)
    except ValueError:
        names = {int: "a whole number", float: "a number"}
        raise argparse.ArgumentTypeError(
            f"expected {names.get(kind, kind.__name__)}, but got {text!r}"
        ) from None
    if kind is int and abs(value) > MOST_WHOLE:  # the run's files would be taken for damaged
        raise argparse.ArgumentTypeError(f"expected {WHOLE}, but got {text!r}")
    return value


def _boolean(text: str) -> bool:
    """True or false, and nothing that only looks like it."""
    words = {"true": True, "yes": True, "false": False, "no": False}
    if text.lower() not in words:
        raise argparse.ArgumentTypeError(f"expected true or false, but got {text!r}")
    return words[text.lower()]


def is_switch(field: Field[Any], owner: type) -> bool:
    """Whether a field is on or off."""
    kind, _, many = kind_of(field, owner)
    return kind is bool and not many


def whole(text: str) -> int:
    """A whole number, for options that are no settings.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    return int(_single(text, int))


def shown(field: Field[Any]) -> str:
    """A default as the user would type it, or in words where the field has some."""
    default = field.default
    if "shown" in field.metadata:
        return str(field.metadata["shown"])
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return str(default).lower() if default is None or isinstance(default, bool) else str(default)


def metavar(field: Field[Any], owner: type) -> str:
    """What stands for the value in the help: its choices, or its kind."""
    kind, _, many = kind_of(field, owner)
    choices = field.metadata.get("choices", ())
    if len(choices) and not many:
        return "{" + ",".join(choices) + "}"
    name = {int: "N", float: "X"}.get(kind, field.name.upper())
    return f"{name},..." if many else name
