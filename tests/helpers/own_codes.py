"""An input code of a user's that cannot run for every number of steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from snnconvert.errors import InputError
from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.code import Code


class OddSteps(Code):
    """The first steps spike, as many as the value says; T must be odd."""

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        counts = (values * steps).round()
        return torch.stack([(counts > t).to(values.dtype) for t in range(steps)])

    def check_steps(self, steps: int) -> None:
        super().check_steps(steps)
        if steps % 2 == 0:
            raise InputError(f"expected 1, 3, 5 ... steps for the code odd, but got {steps}")


@contextmanager
def odd_code() -> Iterator[str]:
    """Inside the block the code is there; its name."""
    CODES.add("odd", OddSteps())
    try:
        yield "odd"
    finally:
        CODES.remove("odd")
