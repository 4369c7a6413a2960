"""The gain of word vectors before a code rounds them: that of the least squared error."""

from __future__ import annotations

import torch
from torch import Tensor

from .encoder import Encoder

GAINS = tuple(1 + i / 16 for i in range(113))
"""What is tried: 1 to 8."""
NEAR = 1.05
"""The smallest gain within so much of the least error is taken: a smaller one sends less."""
POINTS, ROWS = 2048, 256


@torch.no_grad()
def best_gain(encoder: Encoder, vectors: Tensor, counts: Tensor, steps: int) -> float:
    r"""The gain g at which what the code sends of its T frames is nearest to the vectors.

    .. math:: \min_g \sum_w n_w \, | \hat{x}_w(g) - x_w |^2

    with :math:`\hat{x}` what the network reads of the frames (`Encoder.read`) and n how often
    a word occurs. A uniform quantiser of few levels does best with a range well inside that of its
    input (Max, IRE Transactions 1960): large values are clipped for finer levels of all others.

    Args:
        encoder: code and mapping; its own gain is not read
        vectors: (N, D) in [-1, 1]
        counts: (N,) how often each occurs
        steps: T

    Returns:
        One of `GAINS`; 1 for codes that do not round (direct), that are drawn at random, whose
        noise is their users' to choose, or whose value is a time.
    """
    code = encoder.coding
    if not code.rounds or not len(vectors):
        return 1.0
    code.check_steps(steps)
    if code.elementwise:
        rows, weight = _components(vectors, counts)
    else:
        often = counts.argsort(descending=True, stable=True)[:ROWS]
        rows, weight = vectors[often], counts[often].double()
    errors = [_error(encoder, rows, weight, steps, gain) for gain in GAINS]
    least = min(errors)
    return next(g for g, e in zip(GAINS, errors, strict=True) if e <= NEAR * least)


def _components(vectors: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Components as (N, 1) rows and how much each counts (N,): a histogram of all of them."""
    values = vectors.clamp(-1, 1).double()  # (N, D)
    places = ((values + 1) / 2 * (POINTS - 1)).round().long()
    weights = counts.double()[:, None].expand_as(values)
    total = torch.zeros(POINTS, dtype=torch.float64)
    total.index_add_(0, places.flatten(), weights.flatten())
    grid = torch.linspace(-1, 1, POINTS)
    kept = total > 0
    return grid[kept, None], total[kept]


def _error(encoder: Encoder, rows: Tensor, weight: Tensor, steps: int, gain: float) -> float:
    """The weighted squared error of ``rows`` (N, D) at one gain."""
    tried = Encoder(encoder.code, encoder.mapping, gain)
    x = rows.t().unsqueeze(0)  # (1, D, N): one text of N words
    lengths = torch.tensor([len(rows)])
    sent = tried.read(tried.encode(x, lengths, steps))[0].t()  # (N, D)
    return float((weight @ (sent - rows).double().square()).sum())
