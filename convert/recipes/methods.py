"""Methods of a sweep: what each changes of a recipe."""

from __future__ import annotations

from typing import Any

from ...errors import InputError
from ..thresholds import RULES
from .options import override
from .published import PUBLISHED

METHODS: dict[str, dict[str, Any]] = {
    "default": {},
    "max": {"threshold": "max"},
    "percentile": {"threshold": "percentile"},
    "nonzero": {"threshold": "percentile_nonzero"},
    "mse": {"threshold": "mse"},
    "channel": {"threshold": "percentile", "granularity": "channel"},
    "balance": {"threshold": "balance", "granularity": "channel"},
    "relu": {"source": "relu"},
    "neurons": {"location": "neurons"},
    "floor": {"initial": 0.0},
    "bias": {"correction": "bias"},
    "potential": {"correction": "potential"},
    "weights": {"correction": "weights"},
    "srp": {"srp_steps": 4},
}


def changes_of(method: str) -> dict[str, Any]:
    """The options that a method changes; several methods may be joined, as in ``channel+bias``.

    Published recipes and threshold rules are methods too, by their names.

    Raises:
        InputError: a name that is none of them.
    """
    known: dict[str, Any] = {name: PUBLISHED[name].options for name in PUBLISHED}
    known |= {rule: {"threshold": rule} for rule in RULES if rule not in METHODS}
    known |= METHODS
    changes: dict[str, Any] = {}
    for name in method.split("+"):
        if name not in known:
            raise InputError(
                f"expected methods of {', '.join(known)}, or several joined by +, but got {name!r}"
            )
        changes = override(changes, known[name])
    return changes
