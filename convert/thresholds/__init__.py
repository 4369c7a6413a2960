"""Threshold rules: from what the ANN's activations do to firing thresholds, by name in `RULES`.

A member is a subclass of `rule.Rule`, whose fields are its options. Names are listed without
loading any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...moved import attributes
from ...registry import Registry

if TYPE_CHECKING:
    from .rule import Rule

BUILT_IN = (
    *("auto", "bound", "qcfs", "max", "percentile", "percentile_nonzero", "mse", "balance"),
    *("weights", "fixed"),
)
RULES: Registry[type[Rule]] = Registry(
    "threshold rule",
    __name__,
    "RULE",
    BUILT_IN,
    {"max": "maximum", "qcfs": "bound:QCFS", "percentile_nonzero": "percentile:NONZERO"},
)

__getattr__ = attributes(__name__)
