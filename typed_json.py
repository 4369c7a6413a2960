"""JSON that is written from records and read back into them; a fault in a file names its place.

A record is a frozen dataclass: its fields are the keys of a JSON mapping, and their type hints say
what may stand there (bool, int, float, str, None, lists, mappings by name, other records, and `Any`
for what is not looked at). So one class is what a file holds, how it is written (`to_json`) and
what its reader checks (`from_json`).

- A plain field must be there; one that may be None may also be missing.
- `added`: files from before there was such a field lack it; new ones always have it.
- `rare`: written only where it is not the default.
- `inline`: a record whose keys stand among those of this one.
- `others`: the keys that no other field has.

Every number is finite and within what `checked_json` takes; a hint `Annotated` with `Bounds` says
more, as `Share` does, a number from 0 to 1. What type hints cannot say, such as the shape of a
table, a record looks at in ``check(value)``.
Keys of a file that are no fields are passed over, so that a newer file opens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from .checked_json import MOST, MOST_WHOLE, Value

T = TypeVar("T")
_KIND = "snnconvert.typed_json"


@dataclass(frozen=True)
class Bounds:
    """The least and the most of a number, of a string's characters or of a list's items."""

    least: float = -math.inf
    most: float = math.inf


Share = Annotated[float, Bounds(-1e-6, 1 + 1e-6)]
"""A share of a whole, which rounding may leave a little outside of 0 to 1."""
Amount = Annotated[float, Bounds(0)]
Count = Annotated[int, Bounds(0)]
Steps = Annotated[int, Bounds(1, 1_000_000)]
"""Time steps of a network, or places in a text."""


def added(default: Any = None) -> Any:
    """A field that older files lack: there it is ``default``, or what that makes, as `list`."""
    return _field(default, "added")


def rare(default: Any = None) -> Any:
    """A field that is written only where it is not ``default``, or what that makes."""
    return _field(default, "rare")


def inline(prefix: str = "") -> Any:
    """A record whose keys stand in this one's mapping, each after ``prefix``.

    Where the hint allows None, it is None where none of its keys is there.
    """
    return field(default=None, metadata={_KIND: "inline", "prefix": prefix})


INLINE: Mapping[str, str] = {_KIND: "inline", "prefix": ""}
"""The metadata of an `inline` field without a default: ``field(metadata=INLINE)``."""


def others() -> Any:
    """A mapping of all keys that no other field has."""
    return field(default_factory=dict, metadata={_KIND: "others"})


def _field(default: Any, kind: str) -> Any:
    if callable(default):
        return field(default_factory=default, metadata={_KIND: kind})
    return field(default=default, metadata={_KIND: kind})


def from_json(cls: type[T], value: Value) -> T:
    """The record of a class that a value of a file is.

    Raises:
        InputError: an entry is missing or of another kind; the message names its place.
    """
    record = cls(**{part.name: part.read(value) for part in _parts(cls)})
    check: Callable[[Value], None] | None = getattr(record, "check", None)
    if check is not None:
        check(value)
    return record


def made(cls: type[T], content: Mapping[str, Any], what: str = "") -> T:
    """The record of ``content``, which code has made and which shall be written.

    Raises:
        InputError: an entry is missing or of another kind.
        TypeError: an entry is no field of the class, and would not be written.
    """
    record = from_json(cls, Value(dict(content), what or cls.__name__, "correct what makes it"))
    lost = list(_lost(content, to_json(record)))
    if lost:
        raise TypeError(f"{cls.__name__} has no field for {', '.join(lost)}")
    return record


def to_json(record: Any) -> dict[str, Any]:
    """A record as a mapping that JSON can hold, its keys in the order of the fields."""
    found: dict[str, Any] = {}
    for part in _parts(type(record)):
        value = getattr(record, part.name)
        if part.kind == "inline":
            own = {} if value is None else to_json(value)
            found |= {f"{part.prefix}{key}": item for key, item in own.items()}
        elif part.kind == "others":
            found |= _plain(value)
        elif part.kind != "rare" or value != part.make():
            found[part.name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return to_json(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _lost(content: Any, kept: Any, where: str = "") -> Iterator[str]:
    """The keys of ``content``, dotted, that ``kept`` has not; what is None or empty is not lost."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if key in kept:
                yield from _lost(value, kept[key], f"{where}{key}.")
            elif value not in (None, [], {}, ()):
                yield f"{where}{key}"
    elif isinstance(content, list | tuple):
        for i, (item, other) in enumerate(zip(content, kept, strict=True)):
            yield from _lost(item, other, f"{where}{i}.")


class _Part:
    """One field of a record, and how it is read out of the mapping that the record is."""

    def __init__(self, item: Field[Any], hint: Any, cls: type) -> None:
        self.name, self.owner = item.name, cls
        self.kind = item.metadata.get(_KIND, "plain")
        self.prefix = item.metadata.get("prefix", "")
        self.hint, self.may_lack = _optional(hint)
        factory = item.default_factory
        self.has_default = factory is not MISSING or item.default is not MISSING
        self.make = factory if factory is not MISSING else lambda: item.default
        self.item = _reader(self.hint) if self.kind in ("plain", "added", "rare") else None

    def read(self, value: Value) -> Any:
        """The field, out of the mapping ``value``."""
        if self.kind == "inline":
            return self._inline(value.under(self.prefix))
        if self.item is None:
            taken = set(_keys(self.owner))
            more = {key: item for key, item in value.value.items() if key not in taken}
            return Value(more, value.where, value.remedy).plain()
        required = not (self.may_lack or self.has_default)
        found = value[self.name] if required else value.get(self.name)
        if found is None:
            return self.make() if self.has_default else None
        return self.item(found)

    def _inline(self, value: Value) -> Any:
        if self.may_lack and all(value.get(key) is None for key in _keys(self.hint)):
            return None
        return from_json(self.hint, value)


def _keys(cls: type) -> Iterator[str]:
    """The keys that the fields of a record have, those of its inline records too."""
    for part in _parts(cls):
        if part.kind == "inline":
            yield from (f"{part.prefix}{key}" for key in _keys(part.hint))
        elif part.kind != "others":
            yield part.name


_KNOWN: dict[type, tuple[_Part, ...]] = {}


def _parts(cls: type) -> tuple[_Part, ...]:
    """The fields of a record's class."""
    if cls not in _KNOWN:
        hints = get_type_hints(cls, include_extras=True)
        items: tuple[Field[Any], ...] = fields(cls)
        _KNOWN[cls] = tuple(_Part(item, hints[item.name], cls) for item in items if item.init)
    return _KNOWN[cls]


def _optional(hint: Any) -> tuple[Any, bool]:
    """A type hint without None, and whether None was in it."""
    if get_origin(hint) not in (Union, UnionType):
        return hint, False
    (inner,) = [part for part in get_args(hint) if part is not NoneType]
    return inner, True


_SIMPLE: dict[Any, Callable[[Value], Any]] = {
    bool: Value.flag,
    int: Value.whole,
    float: Value.number,
    str: Value.text,
    Any: Value.plain,
}


def _reader(hint: Any) -> Callable[[Value], Any]:
    """What reads a value of a type."""
    inner, may_lack = _optional(hint)
    if may_lack:
        read = _reader(inner)
        return lambda value: None if value.value is None else read(value)
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _bounded(arguments[0], arguments[1])
    if origin is list:
        item = _reader(arguments[0])
        return lambda value: value.each(item)
    if origin is dict:
        entry = _reader(arguments[1])
        return lambda value: value.entries(entry)
    if is_dataclass(hint) and isinstance(hint, type):
        return lambda value: from_json(hint, value)
    raise TypeError(f"expected the type of a JSON value, but got {hint!r}")


def _bounded(hint: Any, bounds: Bounds) -> Callable[[Value], Any]:
    """What reads a value of a type within bounds."""
    least, most = bounds.least, bounds.most
    if hint is int:
        whole = int(max(least, -MOST_WHOLE)), int(min(most, MOST_WHOLE))
        return lambda value: value.whole(*whole)
    if hint is float:
        number = max(least, -MOST), min(most, MOST)
        return lambda value: value.number(*number)
    items = None if math.isinf(most) else int(most)
    if hint is str:
        return lambda value: value.text(items)
    if get_origin(hint) is list:
        item = _reader(get_args(hint)[0])
        return lambda value: value.each(item, int(max(least, 0)), items)
    raise TypeError(f"expected bounds of a number, a string or a list, but got {hint!r}")
