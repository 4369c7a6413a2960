"""JSON that somebody else wrote: read with checks whose errors name the place."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from .errors import InputError
from .files import LARGE, read_json

T = TypeVar("T")
MOST = 1e30
"""The most that a number of a file can be, of either sign, where nothing else is said of it."""
MOST_WHOLE = 2**53
"""The same of whole numbers: those that a floating-point number holds exactly."""
WHOLE = f"a whole number from -{MOST_WHOLE} to {MOST_WHOLE}"
"""In words."""


class Value:
    """A JSON value that knows where it lies, so that the error for a wrong one can name it.

    Args:
        value: of the file
        where: its place, as in ``run/results.json: ann.epochs``
        remedy: how the file is made again, for the end of an error
        prefix: what keys of this mapping begin with in the file
    """

    def __init__(self, value: Any, where: str, remedy: str, prefix: str = "") -> None:
        self.value, self.where, self.remedy, self.prefix = value, where, remedy, prefix

    def wrong(self, expected: str) -> InputError:
        """The error for a value that is not ``expected``."""
        shown = "nothing" if self.value is None else _shown(self.value)
        return InputError(f"expected {expected} at {self.where}, but it is {shown}; {self.remedy}")

    def get(self, key: str) -> Value | None:
        """The entry ``key``, or None where it is absent or null."""
        if not isinstance(self.value, dict):
            raise self.wrong("a mapping")
        key = f"{self.prefix}{key}"
        found = self.value.get(key)
        return None if found is None else Value(found, f"{self.where}.{key}", self.remedy)

    def __getitem__(self, key: str) -> Value:
        return self.get(key) or Value(None, f"{self.where}.{self.prefix}{key}", self.remedy)

    def under(self, prefix: str) -> Value:
        """The same mapping, whose keys are asked for without ``prefix``."""
        return Value(self.value, self.where, self.remedy, self.prefix + prefix)

    def number(self, least: float = -MOST, most: float = MOST) -> float:
        """A finite number from ``least`` to ``most``; whole ones stay whole."""
        value = self.value
        wrong = isinstance(value, bool) or not isinstance(value, int | float)
        if wrong or (isinstance(value, float) and not math.isfinite(value)):
            raise self.wrong("a number")
        if not least <= value <= most:  # nor is NaN
            raise self.wrong(f"a number{_between(least, most, MOST)}")
        return value

    def whole(self, least: int = -MOST_WHOLE, most: int = MOST_WHOLE) -> int:
        """A whole number from ``least`` to ``most``."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.wrong("a whole number")
        if not least <= self.value <= most:
            raise self.wrong(f"a whole number{_between(least, most, MOST_WHOLE)}")
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def text(self, most: int | None = None) -> str:
        """A string, of at most ``most`` characters."""
        if not isinstance(self.value, str):
            raise self.wrong("a string")
        if most is not None and len(self.value) > most:
            raise self.wrong(f"a string of at most {most} characters")
        return self.value

    def plain(self) -> Any:
        """Any value whose numbers are finite and within what `number` takes."""
        if isinstance(self.value, dict):
            for key in self.value:
                Value(self.value[key], f"{self.where}.{key}", self.remedy).plain()
        elif isinstance(self.value, list | tuple):
            for i, item in enumerate(self.value):
                Value(item, f"{self.where}[{i}]", self.remedy).plain()
        elif isinstance(self.value, int | float) and not isinstance(self.value, bool):
            self.number()
        return self.value

    def each(self, read: Callable[[Value], T], least: int = 0, most: int | None = None) -> list[T]:
        """``read`` applied to every item of a list of ``least`` to ``most``."""
        if not isinstance(self.value, list | tuple) or len(self.value) < least:
            raise self.wrong("a list" + " with something in it" * (least > 0))
        if most is not None and len(self.value) > most:
            raise self.wrong(f"a list of at most {most}")
        return [
            read(Value(item, f"{self.where}[{i}]", self.remedy))
            for i, item in enumerate(self.value)
        ]

    def entries(self, read: Callable[[Value], T]) -> dict[str, T]:
        """``read`` applied to every entry."""
        if not isinstance(self.value, dict):
            raise self.wrong("a mapping")
        return {key: read(self[key]) for key in self.value}

    def table(
        self, read: Callable[[Value], T], rows: int, columns: int | None = None
    ) -> list[list[T]]:
        """``rows`` lists of ``columns`` items each; of equally many, at least one, by default."""
        table = self.each(lambda row: row.each(read))
        widths = {len(row) for row in table}
        if len(table) != rows or widths - {columns or max(widths, default=1)} or 0 in widths:
            raise InputError(
                f"expected {rows} equally long rows{f' of {columns}' if columns else ''} at "
                f"{self.where}, but it has {len(table)} of lengths {sorted(widths)}; {self.remedy}"
            )
        return table


def _shown(value: Any) -> str:
    """A value in an error: the beginning of it, where it is long."""
    if isinstance(value, dict | list | tuple) and len(value) > 60:
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value):,}"
    if isinstance(value, int) and abs(value) > 10**40:
        return "a number of more than 40 digits"
    shown = repr(value[:60] if isinstance(value, str) else value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _between(least: float, most: float, usual: float) -> str:
    """The bounds of a number in words; those that every number has are not named."""
    if least > -usual and most < usual:
        return f" from {least:g} to {most:g}"
    if least > -usual:
        return f" of at least {least:g}"
    return f" of at most {most:g}" if most < usual else f" within {usual:g} of 0"


def read_value(path: Path, what: str, remedy: str, most: int = LARGE) -> Value:
    """The content of the JSON file at ``path``; ``remedy`` says how to make it again.

    Raises:
        InputError: it is missing, not JSON, or larger than ``most`` bytes.
    """
    try:
        return Value(read_json(path, what, most), str(path), remedy)
    except InputError as error:
        raise InputError(f"{error}; {remedy}") from None


def read_plain(path: Path, what: str, remedy: str, most: int = LARGE) -> dict[str, Any]:
    """The mapping in the JSON file at ``path``, whatever its keys; its numbers are finite.

    Raises:
        InputError: see `read_value`; or it is no mapping.
    """
    value = read_value(path, what, remedy, most)
    value.entries(Value.plain)
    found: dict[str, Any] = value.value
    return found
