"""Command-line options made from settings dataclasses, and settings made from them.

Field ``data_dir`` becomes ``--data-dir``; in a nested settings class ``attack`` the field
``examples`` becomes ``--attack.examples``. A YAML file given with ``--config`` has the same names.
Standard-library argparse is enough for this, loads in milliseconds and lets every error be one
line.
"""

from __future__ import annotations

import argparse
import difflib
import types
import typing
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Any, NoReturn, TypeVar

from ..errors import InputError
from ..files import read_text

S = TypeVar("S")


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one-line `InputError`s instead of exits."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise `InputError` with the parser's message and where to look."""
        text = " ".join(message.split())
        unknown = [word for word in text.split() if word.startswith("--")]
        if "unrecognized" in text and unknown:
            known = [o for a in self._actions for o in a.option_strings]
            near = difflib.get_close_matches(unknown[0].split("=")[0], known, n=1)
            text += f"; did you mean {near[0]}?" if near else ""
        raise InputError(f"{text}; see {self.prog} --help")


def _boolean(text: str) -> bool:
    """True or false, and nothing that only looks like it."""
    words = {"true": True, "yes": True, "false": False, "no": False}
    if text.lower() not in words:
        raise argparse.ArgumentTypeError(f"expected true or false, but got {text!r}")
    return words[text.lower()]


def _kind(field: Field[Any], owner: type) -> tuple[type, bool, bool]:
    """(basic type, may be None, is a tuple) of a dataclass field."""
    hint = typing.get_type_hints(owner)[field.name]
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
    if optional and text.lower() in ("none", ""):
        return None
    parts = [part.strip() for part in text.split(",")] if many else [text]
    choices = field.metadata.get("choices", ())
    values = []
    for part in parts:
        try:
            value = _boolean(part) if kind is bool else kind(part)
        except ValueError:
            names = {int: "a whole number", float: "a number"}
            raise argparse.ArgumentTypeError(
                f"expected {names.get(kind, kind.__name__)}, but got {part!r}"
            ) from None
        if isinstance(value, float) and value != value:
            raise argparse.ArgumentTypeError("expected a number, but got nan")
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
    group = parser.add_argument_group(
        (prefix.rstrip(".") + " settings").strip(), (cls.__doc__ or "").splitlines()[0]
    )
    for field in fields(cls):
        hint = typing.get_type_hints(cls)[field.name]
        if is_dataclass(hint):
            assert isinstance(hint, type)
            # the data settings come flat, they are what every run names
            add_settings(parser, hint, "" if field.name == "data" else f"{prefix}{field.name}.")
            continue
        default = "" if field.default is MISSING else field.default
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
        choices = field.metadata.get("choices", ())
        group.add_argument(
            f"--{prefix}{field.name.replace('_', '-')}",
            dest=f"{prefix}{field.name}",
            default=argparse.SUPPRESS,
            type=lambda text, field=field: _convert(text, field, cls),  # type: ignore[misc]
            metavar="{" + ",".join(choices) + "}" if choices else field.name.upper(),
            help=f"{field.metadata.get('help', '')} (default: {shown})".replace("%", "%%"),
        )


def settings_from(cls: type[S], given: dict[str, Any], prefix: str = "") -> S:
    """An instance of ``cls`` from parsed options; defaults where an option was not given."""
    values: dict[str, Any] = {}
    for field in fields(cls):  # type: ignore[arg-type]
        hint = typing.get_type_hints(cls)[field.name]
        if is_dataclass(hint):
            assert isinstance(hint, type)
            below = "" if field.name == "data" else f"{prefix}{field.name}."
            values[field.name] = settings_from(hint, given, below)
        elif f"{prefix}{field.name}" in given:
            values[field.name] = given[f"{prefix}{field.name}"]
    return replace(cls(), **values)  # type: ignore[type-var]


def read_config(path: str, parser: argparse.ArgumentParser) -> list[str]:
    """A YAML settings file as command-line words, so that it is checked by the same rules.

    Raises:
        InputError: not YAML, or a name that is not an option of the command.
    """
    import yaml

    try:
        content = yaml.safe_load(read_text(path, "a settings file"))
    except yaml.YAMLError as error:
        where = " ".join(str(error).split())
        raise InputError(f"expected settings in YAML, but {path} is not: {where}") from None
    if not isinstance(content, dict):
        raise InputError(f"expected {path} to map option names to values, as in: steps: 4")
    known = {o for a in parser._actions for o in a.option_strings}
    words: list[str] = []
    for name, value in _flat(content):
        option = "--" + name.replace("_", "-")
        if option not in known:
            near = difflib.get_close_matches(option, sorted(known), n=1)
            hint = f"; did you mean {near[0][2:]}?" if near else ""
            raise InputError(
                f"expected options of the command in {path}, but it has {name!r}{hint}"
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


def parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> dict[str, Any]:
    """The options given in ``words``, with those of a ``--config`` file before them."""
    given = vars(parser.parse_args(list(words)))
    if given.get("config"):
        before = read_config(given["config"], parser)
        given = vars(parser.parse_args([*before, *words]))
    return given
