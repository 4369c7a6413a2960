"""What settings share: the checks of their options, and options that a user's members bring."""

from __future__ import annotations

from dataclasses import Field, field, fields, is_dataclass, make_dataclass
from typing import Any, Self, TypeVar

from ...options import bounds_text, check_value, option

__all__ = [
    "Settings",
    "bounds_text",
    "check_value",
    "extended",
    "option",
]


S = TypeVar("S")
_EXTENDED: dict[tuple[Any, ...], type[Any]] = {}


class Settings:
    """What all settings share: they are checked when they are made, before any work begins.

    A member that a user adds to a registry may bring options (`added_options`). While it is there
    ``TrainSettings(...)`` makes an object of a subclass that has them as fields, so that the
    command line, config files and run folders take them like any other.
    """

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """An object of `extended`, which the ``__init__`` of that class then fills."""
        return super().__new__(extended(cls))

    def __post_init__(self) -> None:
        assert is_dataclass(self)
        for item in fields(self):
            value = getattr(self, item.name)
            if not is_dataclass(value):
                check_value(item.name, value, item.metadata)

    @classmethod
    def added_options(cls) -> dict[str, tuple[Any, Field[Any]]]:
        """Type and field of each option that is no field of this class, by name; none in most."""
        return {}


def extended(cls: type[S]) -> type[S]:
    """The settings class itself, or where there are `added_options` its subclass that has them."""
    if not issubclass(cls, Settings):
        return cls
    own = {f.name for f in fields(cls)}  # type: ignore[arg-type]
    added = {name: pair for name, pair in cls.added_options().items() if name not in own}
    if not added:
        return cls
    key = (cls, *((name, hint, f.default) for name, (hint, f) in added.items()))
    if key not in _EXTENDED:
        # a field belongs to the one class that it is given to
        given = [
            (name, hint, field(default=f.default, metadata=f.metadata))
            for name, (hint, f) in added.items()
        ]
        _EXTENDED[key] = make_dataclass(cls.__name__, given, bases=(cls,), frozen=True)
        _EXTENDED[key].__doc__ = cls.__doc__
    return _EXTENDED[key]
