"""What stands in for the gradient of a spike, by name; light, since the command line lists it."""

from __future__ import annotations

from typing import Literal, get_args

SURROGATES = ("atan", "sigmoid", "rectangle", "triangle")
Backward = Literal["exact", "rate", "dsr", "sltt", "ottt"]
"""Through every time step; through mean rates by their slope along the potentials, or as if they
were a clipped current; at each step alone, for what arrives then or has arrived until then."""
BACKWARDS: tuple[str, ...] = get_args(Backward)
