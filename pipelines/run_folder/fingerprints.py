"""Settings of a stage: what tells them from others, and how they differ."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from ...checked_json import MOST_WHOLE, WHOLE
from ...errors import InputError
from ...files import sha256

# where things lie is written down, but does not make it another run: what lies there is hashed
PLACES = ("data_dir", "place", "extra", "extra_labelled")


def fingerprint(value: Any) -> str:
    """A short hash of JSON-able settings."""
    return sha256(json.dumps(value, sort_keys=True, default=list).encode())[:16]


def comparable(settings: dict[str, Any]) -> dict[str, Any]:
    """What must agree for a stage to go on."""
    return counted(as_json(settings))


def counted(settings: dict[str, Any]) -> dict[str, Any]:
    """What a stage's fingerprint is made of: no places.

    Of a teacher it is what it holds (``teachers``) or has said (``lessons``), wherever it lies.
    """
    known = {"lessons", "teachers"} & settings.keys()
    return without(settings, (*PLACES, "teacher") if known else PLACES)


def difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """The first settings that differ, in words."""
    old, new = comparable(before), comparable(now)
    changed = [key for key in new if old.get(key) != new[key]]
    if not changed:
        return " (those of another version, or of a stage below that was made anew)"
    return "".join(f" ({key} was {old.get(key)!r}, now {new[key]!r})" for key in changed[:3])


def without(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The entries of ``values`` whose names are not among ``names``."""
    return {key: value for key, value in values.items() if key not in names}


def as_json(settings: Any) -> dict[str, Any]:
    """Settings as JSON knows them (tuples become lists), for comparison and for YAML."""
    return dict(json.loads(json.dumps(settings)))


def settings_dict(settings: Any, **more: Any) -> dict[str, Any]:
    """A settings dataclass and further values, as a plain dictionary.

    Raises:
        InputError: a whole number is larger than a run's files may hold; they would be taken for
            damaged.
    """
    found = as_json(asdict(settings) | more)
    for name, value in found.items():
        if isinstance(value, int) and abs(value) > MOST_WHOLE:
            raise InputError(f"expected {WHOLE} for {name}, but got {value}")
    return found
