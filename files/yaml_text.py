"""YAML that somebody else wrote, as plain values: words, numbers, lists and mappings.

Aliases may repeat a part, but not blow it up; dates stay the words that they are written in.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from .json_text import DEPTH, DIGITS

PARTS = 50_000
"""The most values, those that aliases repeat counted each time."""


class BadYAMLError(ValueError):
    """What is wrong with a YAML text, in words that go on from "but it is not:"."""


@cache
def _loader() -> type:
    """PyYAML's safe loader, the fast one where there is one, without dates."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Plain values."""

    date = "tag:yaml.org,2002:timestamp"
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag != date]
        for first, found in Loader.yaml_implicit_resolvers.items()
    }
    return Loader


def loads(text: str) -> Any:
    """The value of a YAML text of one document.

    Raises:
        BadYAMLError: it is none, or holds something else than words, finite numbers, true, false,
            nothing, lists and mappings, too much of it, or in one another too deeply.
    """
    import yaml

    try:
        _check_size(text)
        value = yaml.load(text, Loader=_loader())
    except yaml.YAMLError as error:
        raise BadYAMLError(" ".join(str(error).split())) from None
    except BadYAMLError:
        raise
    except RecursionError:
        raise BadYAMLError("a part of it holds itself") from None
    except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
        said = " ".join(str(error).split())[:100]
        raise BadYAMLError(f"a value is not what its tag says ({said})") from None
    _check_plain(value, "")
    return value


def _check_size(text: str) -> None:
    """Refuse a text of too many values, without making one of them."""
    import yaml

    sizes: dict[str, int] = {}  # of what has an anchor, once it is closed
    open_parts: list[tuple[str | None, int]] = []  # anchor, and how many values were before it
    count = 0
    for event in yaml.parse(text, Loader=_loader()):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor in {anchor for anchor, _ in open_parts}:
                raise BadYAMLError("a part of it holds itself")
            count += sizes.get(event.anchor or "", 1)
        elif isinstance(event, yaml.ScalarEvent):
            count += 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            count += 1
            open_parts.append((event.anchor, count))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_parts.pop()
            if anchor:
                sizes[anchor] = count - before + 1
        if count > PARTS:
            raise BadYAMLError(f"more than {PARTS:,} values, those of aliases counted each time")
        if len(open_parts) > DEPTH:
            raise BadYAMLError(f"more than {DEPTH} lists and mappings in one another")


def _check_plain(value: Any, where: str) -> None:
    """Refuse what JSON could not hold."""
    if isinstance(value, dict):
        for key, item in value.items():
            _check_plain(key, f"{where}a name in it")
            if isinstance(key, float | list | dict):
                raise BadYAMLError(f"{key!r} is no name")
            _check_plain(item, f"{where}{key}." if isinstance(key, str) else where)
    elif isinstance(value, list):
        for item in value:
            _check_plain(item, where)
    elif isinstance(value, bool | None):
        return
    elif isinstance(value, int):
        if abs(value) >= 10**DIGITS:
            raise BadYAMLError(f"a number at {where.rstrip('.') or 'its top'} is too long")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise BadYAMLError(f"{value} at {where.rstrip('.') or 'its top'} is no number")
    elif not isinstance(value, str):
        kind = type(value).__name__
        raise BadYAMLError(
            f"expected words, numbers, lists and mappings, but {where.rstrip('.') or 'its top'} "
            f"is of the kind {kind}"
        )
