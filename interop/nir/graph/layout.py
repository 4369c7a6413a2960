r"""Where the channels of an exported network's input lie: the code's spikes, the start, the mask.

All filters become one convolution of K taps over P places. Place 0 lies ``lead`` places before the
first word, so that a filter with zeros on its left finds them there. Channels are

    x_d(p, t)        the code's spikes of word p - lead; 0 beside the text
    start(p, t)      1 at t = 1, everywhere: V(0) is a current of the first step
    absent_r(p, t)   1 from the first place on whose window is none of a text, for each reach r

A window p of a filter of reach r is one of a text of n words where p < max(n - r, 0) + 1. Kernels
have to be square, so D channels are folded on a second axis of K places, with A = ceil(D / K):

    input (A, P, K)    x''[a, p, s] = x[a K + s, p]
    weights (C, A, K, K)    W''[c, a, j, s] = W[c, a K + s, j]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional

from .form import Branch, Form


@dataclass(frozen=True)
class Layout:
    """The input of an exported network.

    inputs: D', channels of the code; positions: N, the most words of a text; shapes: width, zeros
    (left, right) of each branch
    """

    inputs: int
    positions: int
    shapes: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, form: Form, positions: int) -> Layout:
        """The layout of a network for texts of up to ``positions`` words."""
        shapes = tuple((branch.width, *branch.padding) for branch in form.branches)
        return cls(form.inputs, positions, shapes)

    @cached_property
    def lead(self) -> int:
        """Places before the first word."""
        return max(left for _, left, _ in self.shapes)

    @cached_property
    def taps(self) -> int:
        """K, places that a window of the widest filter ends after its own."""
        return max(self.lead - left + width for width, left, _ in self.shapes)

    @cached_property
    def windows(self) -> int:
        """Windows of the longest text."""
        return max(max(self.positions - r, 0) + 1 for r in self.reaches)

    @property
    def places(self) -> int:
        """P."""
        return self.windows + self.taps - 1

    @cached_property
    def reaches(self) -> tuple[int, ...]:
        """Each reach that a branch has, once."""
        return tuple(sorted({width - left - right for width, left, right in self.shapes}))

    @property
    def start(self) -> int:
        """The channel that spikes at the first step."""
        return self.inputs

    def absent(self, branch: Branch) -> int:
        """The channel that says where a branch has no window."""
        return self.inputs + 1 + self.reaches.index(branch.reach)

    @property
    def channels(self) -> int:
        """D: the code's, the start, and one for each reach."""
        return self.inputs + 1 + len(self.reaches)

    @property
    def folds(self) -> int:
        """A."""
        return -(-self.channels // self.taps)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a frame: (A, P, K)."""
        return self.folds, self.places, self.taps

    def shift(self, branch: Branch) -> int:
        """The tap of the convolution at which a branch's own first tap lies."""
        return self.lead - branch.padding[0]

    def counts(self, branch: Branch, lengths: Sequence[int] | Tensor) -> Tensor:
        """Windows (n,) of a branch in texts of ``lengths``."""
        return (torch.as_tensor(lengths) - branch.reach).clamp(min=0) + 1

    def frames(self, spikes: Tensor, lengths: Tensor) -> Tensor:
        """Frames (T, n, A, P, K) of the code's spikes (T, n, D', L) and lengths (n,)."""
        steps, texts, _, words = spikes.shape
        x = spikes.new_zeros(steps, texts, self.folds * self.taps, self.places)
        there = torch.arange(words) < lengths[:, None]  # (n, L)
        kept = min(words, self.places - self.lead)
        own = (spikes * there[:, None])[..., :kept]  # (T, n, D', L)
        x[:, :, : self.inputs, self.lead : self.lead + kept] = own
        x[0, :, self.start] = 1
        places = torch.arange(self.places)
        for number, reach in enumerate(self.reaches):
            first = (lengths - reach).clamp(min=0) + 1  # (n,)
            x[:, :, self.start + 1 + number] = (places >= first[:, None]).to(x.dtype)
        return self.folded(x)

    def folded(self, values: Tensor) -> Tensor:
        """(..., A K, P) as (..., A, P, K)."""
        return values.unflatten(-2, (self.folds, self.taps)).transpose(-1, -2).contiguous()

    def unfolded(self, values: Tensor) -> Tensor:
        """(..., A, P, K) as (..., D, P), what fills up left out."""
        return values.transpose(-1, -2).flatten(-3, -2)[..., : self.channels, :]

    def filters(self, branch: Branch, start: Tensor, mask: float) -> Tensor:
        """Weights (C, D, K) of a branch in the convolution of all.

        Args:
            branch: the filters
            start: (C,) the current of the first step
            mask: what is taken from a window that is none of a text
        """
        full = branch.weight.new_zeros(branch.channels, self.channels, self.taps)
        first = self.shift(branch)
        full[:, : self.inputs, first : first + branch.width] = branch.weight
        full[:, self.start, 0] = start
        full[:, self.absent(branch), 0] = -mask
        return full

    def kernels(self, filters: Tensor) -> Tensor:
        """Weights (C, D, K) as square kernels (C, A, K, K)."""
        filled = functional.pad(filters, (0, 0, 0, self.folds * self.taps - self.channels))
        return filled.unflatten(1, (self.folds, self.taps)).transpose(2, 3).contiguous()
