"""Controls: victims that share one property with an SNN, to see what its robustness is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...moved import attributes
from ...registry import Registry

if TYPE_CHECKING:
    from .control import Control

CONTROLS: Registry[Control] = Registry(
    "control", __name__, "CONTROL", ("levels", "noise", "deterministic")
)

__getattr__ = attributes(__name__)
