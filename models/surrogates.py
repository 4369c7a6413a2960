"""What stands in for the gradient of a spike, by name; light, since the command line lists it."""

from __future__ import annotations

from typing import Literal, get_args

SURROGATES = ("atan", "sigmoid", "rectangle", "triangle")
Backward = Literal["exact", "rate"]
"""Through every time step, or through mean rates."""
BACKWARDS: tuple[str, ...] = get_args(Backward)
