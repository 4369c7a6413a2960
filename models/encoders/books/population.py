"""Population: Gaussian receptive fields over each component's range."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .book import Book, Writing
from .levels import weighted_quantile

BETA = 1.5
OUTER = 0.005  # of the words lie below the range, and as many above


@dataclass(frozen=True)
class Fields(Writing):
    """b fields a component, field i of all components, then i + 1.

    centres: (b, D); reach: (D,), how near a value is where the response is above a half
    """

    centres: Tensor
    reach: Tensor

    def write(self, vectors: Tensor) -> Tensor:
        """As `Writing.write`, K = b D. A value outside the range is seen by the nearest field."""
        inside = torch.maximum(torch.minimum(vectors, self.centres[-1]), self.centres[0])
        near = (inside[:, None] - self.centres).abs() <= self.reach  # (N, b, D)
        return near.flatten(1).to(torch.uint8)

    def decode(self, bits: Tensor) -> Tensor:
        """As `Writing.decode`: the mean of the centres of the fields that respond."""
        seen = bits.to(self.centres.dtype).unflatten(1, (len(self.centres), -1))  # (N, b, D)
        return (seen * self.centres).sum(dim=1) / seen.sum(dim=1).clamp(min=1)


class Population(Book):
    r"""Overlapping Gaussian fields, of which those spike whose response is above a half.

    Source: Bohte, Kok and La Poutre, Neurocomputing 2002: fields evenly over the range, of width
    :math:`\sigma = (max - min) / (\beta (b - 2))` with :math:`\beta = 1.5`. Theirs fire the
    earlier the stronger they respond; here a step's bit is whether they respond. With b - 1 in
    place of b - 2 the outer fields lie on the ends of the range.
    """

    bits, least, most = 5, 3, 16

    def fit(self, vectors: Tensor, weights: Tensor, bits: int, seed: int) -> Writing:
        """As `Book.fit`; the range holds all but one in a hundred of a component's values."""
        low = weighted_quantile(vectors, weights, OUTER)
        high = torch.maximum(weighted_quantile(vectors, weights, 1 - OUTER), low + 1e-6)
        between = (high - low) / (bits - 1)
        centres = low + torch.arange(bits, dtype=low.dtype)[:, None] * between
        # exp(-d^2 / (2 sigma^2)) > 1/2 where d < sigma * sqrt(2 ln 2)
        reach = between / BETA * (2 * torch.log(torch.tensor(2.0))).sqrt()
        return Fields(centres, reach)


BOOK = Population()
