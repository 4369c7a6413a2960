"""Command-line options made from settings dataclasses, and settings made from them.

Field ``data_dir`` becomes ``--data-dir``; in a nested settings class ``attack`` the field
``examples`` becomes ``--attack.examples``. A YAML file given with ``--config`` has the same names.
Standard-library argparse is enough for this, loads in milliseconds and lets every error be one
line.
"""

from __future__ import annotations

import argparse
import types
import typing
from collections.abc import Sequence
from dataclasses import Field, fields, is_dataclass, replace
from typing import Any, TypeVar

from ...errors import InputError
from ...files import read_yaml_mapping
from ..settings.fields import check_value, extended
from .parser import Parser, suggestion

S = TypeVar("S")
# options that say what to do now, not how: a settings file has no place for them
NOT_IN_FILES = {"--config", "--force", "--debug", "--help", "--sweep", "--list"}
NOT_IN_FILES |= {"--quiet", "--json"}


def _boolean(text: str) -> bool:
    """True or false, and nothing that only looks like it."""
    words = {"true": True, "yes": True, "false": False, "no": False}
    if text.lower() not in words:
        raise argparse.ArgumentTypeError(f"expected true or false, but got {text!r}")
    return words[text.lower()]


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(owner: type) -> dict[str, Any]:
    """The types of a settings class's fields; reading them is most of the work of a help text."""
    if owner not in _HINTS:
        _HINTS[owner] = typing.get_type_hints(owner)
    return _HINTS[owner]


def _kind(field: Field[Any], owner: type) -> tuple[type, bool, bool]:
    """(basic type, may be None, is a tuple) of a dataclass field."""
    hint = _hints(owner)[field.name]
    optional = False
    if isinstance(hint, types.UnionType):
        parts = [part for part in typing.get_args(hint) if part is not type(None)]
        hint, optional = parts[0], True
    if typing.get_origin(hint) is tuple:
        return typing.get_args(hint)[0], optional, True
    return hint, optional, False


def _convert(text: str, field: Field[Any], owner: type) -> Any:
    """One option's text as the field's type.

    Raises:
        argparse.ArgumentTypeError: it is not of that type, or not one of its choices.
    """
    kind, optional, many = _kind(field, owner)
    choices = field.metadata.get("choices", ())
    if optional and text.lower() in ("none", "") and text.lower() not in choices:
        return None
    parts = [part.strip() for part in text.split(",")] if many else [text]
    values = []
    for part in parts:
        try:
            value = _boolean(part) if kind is bool else kind(part)
        except ValueError:
            names = {int: "a whole number", float: "a number"}
            raise argparse.ArgumentTypeError(
                f"expected {names.get(kind, kind.__name__)}, but got {part!r}"
            ) from None
        if choices and value not in choices:
            raise argparse.ArgumentTypeError(
                f"expected one of {', '.join(choices)}, but got {part!r}"
            )
        values.append(value)
    return tuple(values) if many else values[0]


def add_settings(parser: argparse.ArgumentParser, cls: type, prefix: str = "") -> None:
    """Add one option per field of the settings class ``cls``; nested classes get ``name.`` before.

    Options that are not given are absent from the parsed namespace, so that a configuration file
    can be told from a default.
    """
    cls = extended(cls)
    group = parser.add_argument_group(
        (prefix.rstrip(".") + " settings").strip(), (cls.__doc__ or "").splitlines()[0]
    )
    for field in fields(cls):
        hint = _hints(cls)[field.name]
        if is_dataclass(hint):
            assert isinstance(hint, type)
            # the data settings come flat, they are what every run names
            add_settings(parser, hint, "" if field.name == "data" else f"{prefix}{field.name}.")
            continue
        group.add_argument(
            option_name(prefix, field),
            dest=f"{prefix}{field.name}",
            default=argparse.SUPPRESS,
            type=lambda text, field=field: _convert(text, field, cls),  # type: ignore[misc]
            metavar=_metavar(field, cls),
            help=f"{field.metadata.get('help', '')} (default: {_shown(field)})".replace("%", "%%"),
        )


def option_name(prefix: str, field: Field[Any]) -> str:
    """The option of a field, as in ``--attack.query-budget``."""
    return f"--{prefix}{field.name.replace('_', '-')}"


def _shown(field: Field[Any]) -> str:
    """A default as the user would type it, or in words where the field has some."""
    default = field.default
    if "shown" in field.metadata:
        return str(field.metadata["shown"])
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return str(default).lower() if default is None or isinstance(default, bool) else str(default)


def _metavar(field: Field[Any], owner: type) -> str:
    """What stands for the value in the help: its choices, or its kind."""
    kind, _, many = _kind(field, owner)
    choices = field.metadata.get("choices", ())
    if choices and not many:
        return "{" + ",".join(choices) + "}"
    name = {bool: "{true,false}", int: "N", float: "X"}.get(kind, field.name.upper())
    return f"{name},..." if many else name


def settings_from(cls: type[S], given: dict[str, Any], prefix: str = "") -> S:
    """An instance of ``cls`` from parsed options; defaults where an option was not given.

    Raises:
        InputError: a value outside its bounds, by the name of its option.
    """
    values: dict[str, Any] = {}
    cls = extended(cls)
    for field in fields(cls):  # type: ignore[arg-type]
        hint = _hints(cls)[field.name]
        if is_dataclass(hint):
            assert isinstance(hint, type)
            below = "" if field.name == "data" else f"{prefix}{field.name}."
            values[field.name] = settings_from(hint, given, below)
        elif f"{prefix}{field.name}" in given:
            value = given[f"{prefix}{field.name}"]
            check_value(option_name(prefix, field), value, field.metadata)
            values[field.name] = value
    return replace(cls(), **values)  # type: ignore[type-var]


def read_config(path: str, parser: Parser) -> list[str]:
    """A YAML settings file as command-line words, so that it is checked by the same rules.

    Raises:
        InputError: not YAML, or a name that is not an option of the command.
    """
    content = read_yaml_mapping(path, "a settings file")
    known = sorted(set(parser.option_names()) - NOT_IN_FILES)
    words: list[str] = []
    for name, value in _flat(content):
        option = "--" + name.replace("_", "-")
        if option not in known:
            raise InputError(
                f"expected options of {parser.prog} in {path}, but it has {name!r}"
                + suggestion(option, known).replace("--", "")
            )
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        words.append(f"{option}={text}")
    return words


def _flat(content: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in content.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{name}.")
        else:
            pairs.append((f"{prefix}{name}", value))
    return pairs


def parse(parser: Parser, words: Sequence[str]) -> dict[str, Any]:
    """The options given in ``words``, with those of a ``--config`` file before them.

    Raises:
        InputError: words or a file that the command does not understand.
    """
    finder = Parser(prog=parser.prog, add_help=False)
    finder.add_argument("--config")
    path = finder.parse_known_args(list(words))[0].config
    if path is None or "--config" not in parser.option_names():
        return vars(parser.parse_args(list(words)))
    return vars(parser.parse_args([*read_config(path, parser), *words]))
