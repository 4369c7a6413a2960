"""Encoders: range-mapped word vectors (B, D, L) become spike trains (T, B, D', L).

Two mappings put a component x in [-1, 1] on non-negative channels first:

- ``split``: two channels, max(x, 0) and max(-x, 0); zeros and padding are silent.
- ``shift``: (1 + x) / 2 as in Lv et al. (ICLR 2023), and one more channel that spikes at every
  step on real tokens ("presence"), from which the shift is taken back exactly; padding is silent.
- ``none``: x itself, for analog (direct) input only.

A code of `CODES` turns each value in [0, 1] into T frames: ``direct`` (the value at every step,
analog), ``poisson`` (Bernoulli draws), ``saf`` (sum and fire, deterministic), ``bitplane``,
``ttfs`` (one spike, early for a large value), which only a time-to-first-spike network can read,
or one that was added at run time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from ...errors import InputError
from . import CODES, MAPPINGS
from .code import Code


def soft_threshold(x: Tensor, threshold: float) -> Tensor:
    """sign(x) * max(|x| - threshold, 0) of any shape: small components become zero, and silent.

    Source: Donoho 1995, De-noising by soft-thresholding.

    >>> soft_threshold(torch.tensor([-0.5, 0.25, 0.75]), 0.5).tolist()
    [-0.0, 0.0, 0.25]
    """
    return x.sign() * (x.abs() - threshold).clamp(min=0)


@dataclass(frozen=True)
class Encoder:
    """A code and a mapping: what turns word vectors into T frames.

    code: a name of `CODES`; mapping: ``split``, ``shift`` or ``none`` (for analog codes only).

    Raises:
        InputError: an unknown code or mapping, or a mapping that the code cannot use.
    """

    code: str = "saf"
    mapping: str = "split"

    def __post_init__(self) -> None:
        coding = CODES[self.code]
        if self.mapping not in MAPPINGS:
            raise InputError(
                f"expected the mapping to be {', '.join(MAPPINGS)}, but got {self.mapping!r}"
            )
        if self.mapping == "none" and coding.spiking:
            raise InputError(
                f"the {self.code} code spikes, so it needs values in [0, 1]: "
                "choose the mapping split or shift, or the direct encoder"
            )

    @property
    def coding(self) -> Code:
        """The code itself, which answers what differs between codes."""
        return CODES[self.code]

    @property
    def spiking(self) -> bool:
        """False where the frames are analog, as those of direct input."""
        return self.coding.spiking

    @property
    def stochastic(self) -> bool:
        """True where two runs differ unless the generator is seeded alike."""
        return self.coding.stochastic

    @property
    def exact(self) -> bool:
        """True where the frames are the values themselves."""
        return self.coding.exact

    @property
    def bernoulli(self) -> bool:
        """True where each value is the probability of its spikes, drawn position by position."""
        return self.coding.bernoulli

    @property
    def by_word(self) -> bool:
        """True where a word has the same frames wherever it stands."""
        return self.coding.by_word

    def check_steps(self, steps: int) -> None:
        """Raise `InputError` where the code cannot run for ``steps``."""
        self.coding.check_steps(steps)

    def channels(self, dim: int) -> int:
        """Input channels D' of the SNN for word vectors of ``dim`` components."""
        return {"split": 2 * dim, "shift": dim + 1, "none": dim}[self.mapping]

    def map(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Put x (B, D, L) on non-negative channels: (B, D', L), padding exactly zero."""
        positions = torch.arange(x.shape[-1], device=x.device)
        real = (positions < lengths[:, None]).unsqueeze(1).to(x.dtype)  # (B, 1, L)
        if self.mapping == "split":
            x = torch.cat([x.clamp(min=0), (-x).clamp(min=0)], dim=1)
        elif self.mapping == "shift":
            x = torch.cat([(1 + x) / 2, torch.ones_like(x[:, :1])], dim=1)
        return x * real

    def fold(self, weight: Tensor) -> Tensor:
        """Filter weights (C, D, k) for x, as weights (C, D', k) for the mapped channels.

        split: x = p - n, so [W, -W]. shift: x = 2 x' - presence, so [2W, -sum_d W_d].
        """
        if self.mapping == "split":
            return torch.cat([weight, -weight], dim=1)
        if self.mapping == "shift":
            return torch.cat([2 * weight, -weight.sum(dim=1, keepdim=True)], dim=1)
        return weight

    def decode(self, values: Tensor) -> Tensor:
        """The inverse of :meth:`map`: mapped channels (..., D', L) to vectors (..., D, L).

        Of spikes averaged over time it gives the vectors that they stand for, as the folded
        weights read them (:meth:`fold`).
        """
        if self.mapping == "split":
            positive, negative = values.chunk(2, dim=-2)
            return positive - negative
        if self.mapping == "shift":
            return 2 * values[..., :-1, :] - values[..., -1:, :]
        return values

    def encode(
        self,
        x: Tensor,
        lengths: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """Frames (T, B, D', L) of range-mapped vectors x (B, D, L).

        Args:
            x: vectors in [-1, 1], padding zero
            lengths: (B,) valid positions; the others stay silent
            steps: T
            generator: source of random draws
            shared_noise: one noise field for the whole batch (see `code.Code.encode`)
        """
        self.check_steps(steps)
        return self.coding.encode(self.map(x, lengths), steps, generator, shared_noise)

    @property
    def in_pieces(self) -> bool:
        """True where `pieces` never holds all T frames at once."""
        return self.coding.in_pieces

    def pieces(
        self,
        x: Tensor,
        lengths: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """The frames of `encode`, the same bits, in pieces of up to ``size`` steps."""
        self.check_steps(steps)
        yield from self.coding.pieces(self.map(x, lengths), steps, size, generator, shared_noise)

    def to_dict(self) -> dict[str, Any]:
        """The fields, JSON-able."""
        return asdict(self)
