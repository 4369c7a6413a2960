"""Command-line options made from settings dataclasses, and settings made from them.

Field ``data_dir`` becomes ``--data-dir``; in a nested settings class ``attack`` the field
``examples`` becomes ``--attack.examples``. A YAML file given with ``--config`` has the same names.
Standard-library argparse is enough for this, loads in milliseconds and lets every error be one
line.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from typing import Any, TypeVar

from ...options import called
from ..settings.fields import check_value, extended
from .groups import group_of
from .parser import Parser
from .switches import Switch, off_name
from .values import converted, is_switch, metavar, shown, types_of

S = TypeVar("S")


def add_settings(parser: Parser, cls: type, prefix: str = "") -> None:
    """Add one option per field of the settings class ``cls``; nested classes get ``name.`` before.

    Options that are not given are absent from the parsed namespace, so that a configuration file
    can be told from a default.
    """
    parser.settings.append((cls, prefix))
    _add(parser, cls, prefix)


def _add(parser: Parser, cls: type, prefix: str) -> None:
    cls = extended(cls)
    nested = dict(nested_settings(cls, prefix))
    for field in _own_first(cls):
        if field.name in nested:
            _add(parser, *nested[field.name])
            continue
        name = option_name(prefix, called(field))
        text = f"{field.metadata.get('help', '')} (default: {shown(field)})"
        look: dict[str, Any] = {"metavar": metavar(field, cls)}
        names = [name]
        if is_switch(field, cls):
            look, names = {"action": Switch}, [name, off_name(name)]
        parser.group(*group_of(cls, field, prefix)).add_argument(
            *names,
            dest=f"{prefix}{called(field)}",
            default=argparse.SUPPRESS,
            type=lambda text, field=field: converted(text, field, cls),  # type: ignore[misc]
            help=text.replace("%", "%%"),
            **look,
        )
        olds = field.metadata.get("old_names", ())
        parser.renamed |= {option_name(prefix, old): name for old in olds}


def _own_first(cls: type) -> list[Field[Any]]:
    """The fields of a settings class, those that it shares with other classes last."""
    place = {
        name: number
        for number, base in reversed(list(enumerate(cls.__mro__)))
        for name in vars(base).get("__annotations__", {})
    }
    return sorted(fields(cls), key=lambda field: place[field.name])


def nested_settings(cls: type, prefix: str) -> Iterator[tuple[str, tuple[type, str]]]:
    """Class and prefix of every field that is itself a settings class, by the field's name.

    The prefix is the field's name, or what its metadata say: the data settings, which every run
    names, come flat.
    """
    for field in fields(cls):
        hint = types_of(cls)[field.name]
        if is_dataclass(hint):
            assert isinstance(hint, type)
            own = field.metadata.get("prefix", f"{field.name}.")
            yield field.name, (hint, f"{prefix}{own}")


def option_name(prefix: str, name: str) -> str:
    """The option of a field called ``name``, as in ``--attack.query-budget``."""
    return f"--{prefix}{name.replace('_', '-')}"


def settings_from(cls: type[S], given: dict[str, Any], prefix: str = "") -> S:
    """An instance of ``cls`` from parsed options; defaults where an option was not given.

    Raises:
        InputError: a value outside its bounds, by the name of its option.
    """
    cls = extended(cls)
    nested = dict(nested_settings(cls, prefix))
    values: dict[str, Any] = {
        name: settings_from(hint, given, below) for name, (hint, below) in nested.items()
    }
    for field in fields(cls):  # type: ignore[arg-type]
        if field.name not in nested and f"{prefix}{called(field)}" in given:
            value = given[f"{prefix}{called(field)}"]
            check_value(option_name(prefix, called(field)), value, field.metadata)
            values[field.name] = value
    return cls(**values)
