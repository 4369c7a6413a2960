"""A new input code: spikes where the value is above a threshold that runs through [0, 1] evenly."""

from __future__ import annotations

import torch
from torch import Tensor

from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.code import Code


def halves(steps: int) -> list[float]:
    """Van der Corput's sequence, 1/2, 1/4, 3/4, 1/8 ...: every stretch of it is spread evenly."""
    reversed_bits = [int(f"{t:032b}"[::-1], 2) for t in range(1, steps + 1)]
    return [bits / 2**32 for bits in reversed_bits]


class Corput(Code):
    """One spike at step t where a value is above h(t)."""

    contains_shorter = True  # h(1) ... h(t) are the same for every T

    def encode(
        self,
        values: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """Spikes (T, B, C, L) of values (B, C, L) in [0, 1]."""
        return torch.stack([(values > h).to(values.dtype) for h in halves(steps)])


CODES.add("corput", Corput())  # from here on it is a code like any other
