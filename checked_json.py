"""JSON that somebody else wrote: read with checks whose errors name the place."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from .errors import InputError
from .files import read_json

T = TypeVar("T")


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
        shown = "nothing" if self.value is None else repr(self.value)
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
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

    def number(self) -> float:
        """A finite number; whole ones stay whole."""
        value = self.value
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise self.wrong("a number")
        return value

    def whole(self) -> int:
        """A whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.wrong("a whole number")
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def text(self) -> str:
        """A string."""
        if not isinstance(self.value, str):
            raise self.wrong("a string")
        return self.value

    def each(self, read: Callable[[Value], T], least: int = 0) -> list[T]:
        """``read`` applied to every item of a list of at least ``least``."""
        if not isinstance(self.value, list | tuple) or len(self.value) < least:
            raise self.wrong("a list" + " with something in it" * (least > 0))
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


def read_value(path: Path, what: str, remedy: str) -> Value:
    """The content of the JSON file at ``path``; ``remedy`` says how to make it again.

    Raises:
        InputError: it is missing or not JSON.
    """
    try:
        return Value(read_json(path, what), str(path), remedy)
    except InputError as error:
        raise InputError(f"{error}; {remedy}") from None
