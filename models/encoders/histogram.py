"""How often components of word vectors have each value, and the gains that are tried on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

GAINS = tuple(1 + i / 16 for i in range(113))
"""What is tried: 1 to 8."""
POINTS = 2048


def read_vectors(table: Tensor, sequences: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """The vectors (N, D) of a table (V, D) that id sequences read, and how often each (N,)."""
    words, counts = np.unique(np.concatenate(sequences), return_counts=True)
    return table[torch.from_numpy(words)], torch.from_numpy(counts)


def components(vectors: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Components as (N, 1) rows and how much each counts (N,): a histogram of all of them."""
    values = vectors.clamp(-1, 1).double()  # (N, D)
    places = ((values + 1) / 2 * (POINTS - 1)).round().long()
    weights = counts.double()[:, None].expand_as(values)
    total = torch.zeros(POINTS, dtype=torch.float64)
    total.index_add_(0, places.flatten(), weights.flatten())
    grid = torch.linspace(-1, 1, POINTS)
    kept = total > 0
    return grid[kept, None], total[kept]
