"""Linear read-outs: the vectors that bits stand for, by weighted least squares."""

from __future__ import annotations

import torch
from torch import Tensor

RIDGE = 1e-4
"""Of the mean variance of a bit: columns that hardly any word uses stay small."""


@torch.no_grad()
def fit_readout(
    rates: Tensor, vectors: Tensor, weights: Tensor | None = None, ridge: float = RIDGE
) -> tuple[Tensor, Tensor]:
    r"""The linear map from bits to vectors of the least weighted squared error.

    .. math:: \min_{R, o} \sum_w n_w \, | R r_w + o - x_w |^2 + \lambda |R|^2

    Args:
        rates: r, (V, C) bits of each word, or their means over time
        vectors: x, (V, D)
        weights: n, (V,) how much each word counts, not all zero; alike without it
        ridge: :math:`\lambda` as a fraction of the mean variance of a bit

    Returns:
        R (D, C) and o (D,), of the dtype of ``vectors``.
    """
    r, x = rates.to(torch.float64), vectors.to(torch.float64)
    n = torch.ones(len(r), dtype=r.dtype) if weights is None else weights.to(r.dtype)
    n = n / n.sum()
    r_mean, x_mean = n @ r, n @ x  # (C,), (D,)
    centred = r - r_mean
    weighted = (centred * n[:, None]).T  # (C, V)
    gram = weighted @ centred  # (C, C)
    gram.diagonal().add_(ridge * gram.diagonal().mean() + torch.finfo(r.dtype).tiny)
    readout = torch.linalg.solve(gram, weighted @ (x - x_mean)).T  # (D, C)
    offset = x_mean - readout @ r_mean
    return readout.to(vectors.dtype), offset.to(vectors.dtype)


def unexplained(decoded: Tensor, vectors: Tensor, weights: Tensor | None = None) -> float:
    """The squared error of ``decoded`` (V, D) as a share of the vectors' variance.

    0 is without loss, and 1 what the mean vector alone would leave; 0 where vectors do not vary.

    Args:
        decoded: what stands for the vectors
        vectors: (V, D)
        weights: (V,) how much each word counts; alike without it
    """
    x, y = vectors.double(), decoded.double()
    n = torch.ones(len(x), dtype=x.dtype) if weights is None else weights.to(x.dtype)
    n = n / n.sum()
    variance = float(n @ (x - n @ x).square().sum(dim=1))
    error = float(n @ (y - x).square().sum(dim=1))
    return error / variance if variance > 0 else error
