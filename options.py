"""Options: dataclass fields with their help text, choices and bounds, and how these are checked.

They stand where they are used, on the parameters of a neuron or of a model family, and light
enough for the command line, which reads them there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any

from .errors import InputError


def option(
    default: Any, text: str, choices: Collection[str] = (), shown: str = "", **bounds: float
) -> Any:
    """A dataclass field with its help text and, where it has them, its choices or bounds.

    ``shown`` says in the help what is done by default, where the value itself does not.
    ``bounds``: ``least`` and ``most`` are allowed values themselves, ``above`` and ``below`` not.
    """
    metadata: dict[str, Any] = {"help": text, "choices": choices, "bounds": bounds}
    return field(default=default, metadata=metadata | ({"shown": shown} if shown else {}))


def bounds_text(bounds: Mapping[str, float]) -> str:
    """Bounds in words, as in "of at least 1" or "above 0 and at most 100"."""
    words = {"least": "of at least", "above": "above", "most": "at most", "below": "below"}
    return " and ".join(f"{words[kind]} {bounds[kind]}" for kind in words if kind in bounds)


def check_value(name: str, value: Any, metadata: Mapping[str, Any]) -> None:
    """Refuse a value outside its option's choices or bounds; None and words without them pass.

    Args:
        name: what to call it in the error, as in ``--epochs``
        value: one value, or the values of an option that takes several
        metadata: of the option's dataclass field

    Raises:
        InputError: says what was expected and what came.
    """
    parts = value if isinstance(value, tuple) else (value,)
    if not parts or len(set(parts)) < len(parts):
        raise InputError(f"expected one or more different values for {name}, but got {parts}")
    choices, bounds = metadata.get("choices"), metadata.get("bounds", {})
    for part in parts:
        if part is None:
            continue
        if choices and part not in choices:
            raise InputError(f"expected {name} to be of {', '.join(choices)}, but got {part!r}")
        if isinstance(part, bool | str):
            continue
        inside = (
            math.isfinite(part)
            and part >= bounds.get("least", -math.inf)
            and part <= bounds.get("most", math.inf)
            and part > bounds.get("above", -math.inf)
            and part < bounds.get("below", math.inf)
        )
        if not inside:
            wanted = bounds_text(bounds) or "that is finite"
            raise InputError(f"expected a number {wanted} for {name}, but got {part}")
