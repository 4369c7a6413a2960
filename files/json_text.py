"""JSON that somebody else wrote, as values that can be worked with: finite, and not nested deeply.

Python's own reader takes NaN, numbers of any length and any depth that its stack allows.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

DEPTH = 60
"""The most lists and mappings in one another: what goes through them recursively can."""
DIGITS = 20
"""The most characters of a whole number: all of 64 bits have room."""

_TOO_DEEP = f"more than {DEPTH} lists and mappings in one another"
_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # how half of a surrogate pair is written


class BadJSONError(ValueError):
    """What is wrong with a JSON text, in words that go on from "is not valid JSON"."""


def loads(text: str, halves: bool = False) -> Any:
    """The value of a JSON text.

    Args:
        text: of one value
        halves: take strings with half of a surrogate pair, which no file in UTF-8 can hold

    Raises:
        BadJSONError: it is none, or has a number that is not finite or too long, is nested too
            deeply, or has half of a surrogate pair.
    """
    try:
        value = json.loads(text, parse_int=_whole, parse_float=_number, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise BadJSONError(f"line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise BadJSONError(_TOO_DEEP) from None
    _check_depth(value)
    if not halves and _HALF.search(text):
        _refuse_halves(value)
    return value


def _check_depth(value: Any) -> None:
    """Refuse what is nested too deeply, looking at one level after the other."""
    level = [value]
    for _ in range(DEPTH):
        inner: list[Any] = []
        for holder in level:
            items = holder.values() if type(holder) is dict else holder
            if type(holder) in (dict, list):
                inner += [item for item in items if type(item) in (dict, list)]
        if not inner:
            return
        level = inner
    raise BadJSONError(_TOO_DEEP)


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise BadJSONError(f"the number {digits[:12]}... has {len(digits)} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise BadJSONError(f"the number {digits[:24]} is too large")
    return value


def _no_number(word: str) -> NoReturn:
    raise BadJSONError(f"{word} is no number")


def _refuse_halves(value: Any) -> None:
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise BadJSONError(f"half of a character in {value[:40]!r}") from None
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_halves(key)
            _refuse_halves(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_halves(item)
