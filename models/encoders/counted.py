"""What a count of spikes is worth where spikes do not come at the rate of the value."""

from __future__ import annotations

from functools import lru_cache

import torch

from .code import Code

POINTS = 4096


def even_values() -> torch.Tensor:
    """(1, 1, 4096) float64 values in the middles of so many even parts of [0, 1]."""
    return ((torch.arange(POINTS, dtype=torch.float64) + 0.5) / POINTS).reshape(1, 1, -1)


@lru_cache(maxsize=256)
def least_squares_worth(code: Code, steps: int) -> float:
    r"""The number by which a mean rate r comes nearest to the value, for values spread evenly.

    .. math:: \sum x r(x) / \sum r(x)^2

    Of codes without draws, whose spikes depend on the value alone.
    """
    values = even_values()
    rates = code.encode(values, steps).mean(dim=0)
    return float((values * rates).sum() / rates.square().sum())


@lru_cache(maxsize=256)
def largest_error(code: Code, steps: int) -> float:
    """The largest error of `Code.decode` over even values and 0 and 1, and one part of them more.

    Between two neighbours an error of a code that never falls with the value changes by a part at
    most where what is sent does not change.
    """
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64).reshape(1, 1, -1)
    values = torch.cat([even_values(), ends], dim=2)
    off = (code.decode(code.encode(values, steps)) - values).abs().max()
    return float(off) + 1 / POINTS
