"""A chain that learns: its weights in one piece, and one step of Adam on a batch of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from .chain import Cuba, Dropout, backward_chain, forward_chain, rounded
from .kernels import adam_step

VALUES = 1 << 19
"""Potentials of a layer that are worked on at once: they stay in the second cache."""


@dataclass
class ChainLearner:
    """Weights of a chain of sizes D - H - ... - K, trained by Adam.

    sizes: of the input and of every layer; p: the neurons; lr, decay: of Adam; dropout: share of
    the hidden neurons that a step leaves out; kind: of the products of gradients; seed: of the
    weights, drawn as PyTorch's linear layers draw them: uniform within 1 / sqrt(inputs).
    """

    sizes: Sequence[int]
    p: Cuba = field(default_factory=Cuba)
    lr: float = 1e-5
    decay: float = 1e-5
    dropout: float = 0.05
    kind: torch.dtype = torch.float32
    seed: int = 0
    steps: int = 0

    def __post_init__(self) -> None:
        pairs = list(zip(self.sizes[1:], self.sizes[:-1], strict=True))
        random = torch.Generator().manual_seed(self.seed)
        drawn = [(torch.rand(h, d, generator=random) * 2 - 1) / d**0.5 for h, d in pairs]
        self.flat = torch.cat([weight.flatten() for weight in drawn])
        self.first, self.second = torch.zeros_like(self.flat), torch.zeros_like(self.flat)
        self._whole = rounded(self.flat)
        self._gradients = torch.empty_like(self.flat)

    def _parts(self, flat: Tensor) -> list[Tensor]:
        """``flat`` as one matrix (H, D) a layer, sharing its memory."""
        shapes = [(h, d) for h, d in zip(self.sizes[1:], self.sizes[:-1], strict=True)]
        pieces = flat.split([h * d for h, d in shapes])
        return [piece.view(shape) for piece, shape in zip(pieces, shapes, strict=True)]

    @property
    def weights(self) -> list[Tensor]:
        """The weights (H, D) float32 of each layer, as they are learned."""
        return self._parts(self.flat)

    @property
    def whole(self) -> list[Tensor]:
        """The rounded weights (H, D) int8 of each layer."""
        return self._parts(self._whole)

    def load(self, flat: Tensor) -> None:
        """Take other weights, all layers in one piece (N,)."""
        self.flat.copy_(flat)
        self._whole.copy_(rounded(flat))

    def rates(self, frames: Tensor) -> Tensor:
        """Rates (B, K) without dropout, for input spikes (T, B, D) int8."""
        return forward_chain(frames, self.whole, self.p).rates

    def step(self, frames: Tensor, targets: Tensor, random: torch.Generator) -> float:
        """One step of Adam on sum (r - target)^2; returns that sum.

        Args:
            frames: input spikes (T, B, D) int8
            targets: rates (B, K)
            random: of the dropout
        """
        texts = frames.shape[1]
        hidden = self.sizes[1:-1] if self.dropout else ()
        masks = [(torch.rand(texts, h, generator=random) >= self.dropout) for h in hidden]
        masks = [mask.to(torch.int8) for mask in masks]
        size = max(1, VALUES // (len(frames) * max(self.sizes[1:])))
        real = [weight.to(self.kind) for weight in self.whole]
        parts, loss = self._parts(self._gradients), 0.0
        for start in range(0, texts, size):
            part = slice(start, start + size)
            left_out = Dropout(self.dropout, [mask[part] for mask in masks])
            run = forward_chain(frames[:, part], self.whole, self.p, left_out)
            error = run.rates - targets[part]
            loss += float(error.square().sum())
            self._add(
                parts, backward_chain(run, 2 * error, real, self.p, left_out, self.kind), start
            )
        self.steps += 1
        adam_step(
            self.flat.numpy(),
            self._gradients.numpy(),
            self.first.numpy(),
            self.second.numpy(),
            self.steps,
            self.lr,
            self.decay,
            self._whole.numpy(),
        )
        return loss

    @staticmethod
    def _add(parts: list[Tensor], found: list[Tensor], start: int) -> None:
        for part, gradient in zip(parts, found, strict=True):
            part.add_(gradient) if start else part.copy_(gradient)
