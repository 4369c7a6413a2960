"""What stands in for the gradient of a spike, by name; light, since the command line lists it."""

from __future__ import annotations

from typing import Literal, get_args

IN_KERNELS = ("atan", "sigmoid", "rectangle", "triangle")
"""Those that the kernels of the fast engines have; the others are run by torch."""
SURROGATES = (
    *IN_KERNELS,
    "piecewise_exp",
    "soft_sign",
    "super_spike",
    "erf",
    "piecewise_leaky_relu",
)
Backward = Literal["exact", "rate", "dsr", "sltt", "ottt"]
"""Through every time step; through mean rates by their slope along the potentials, or as if they
were a clipped current; at each step alone, for what arrives then or has arrived until then."""
BACKWARDS: tuple[str, ...] = get_args(Backward)
