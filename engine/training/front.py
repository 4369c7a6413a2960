"""The front of a network in training: pooled spikes of all branches, by kernels or by torch."""

from __future__ import annotations

<<<<<<< HEAD
import math
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
=======
>>>>>>> main
import torch
from torch import Tensor

from ...models.network import Network, Signal
from ...models.nodes.layers import Conv1d
<<<<<<< HEAD
from ...models.spikingjelly import spikingjelly_neurons
from ...models.surrogates import Backward
from ..plan import Branch, Plan
from ..threads import in_parts, kernel_threads
from .rate import rate_neurons
from .words import Words, fused, project, weight_gradient

if TYPE_CHECKING:
    from .kernels import Piece

# One piece's table of projections, and all tables that are kept for the backward pass, hold at most
# this many bytes; tables beyond that are computed again. Where a few frames serve many steps that
# is cheap, so none is kept and pieces are small: memory then hardly grows with T.
PIECE_BYTES = 1 << 26
KEPT_BYTES = 1 << 28
SMALL_PIECE_BYTES = 1 << 22
# potentials of one text for a block of channels, which should stay in the cache
BLOCK_BYTES = 1 << 21


@dataclass(frozen=True)
class Surrogate:
    """The surrogate gradient of training: its name, its width in thresholds, exact or by rates."""

    name: str = "atan"
    width: float = 1.0
    backward: Backward = "exact"

    def neurons(self, network: Network) -> AbstractContextManager[None]:
        """A block in which every neuron of ``network`` is trained so, whatever engine runs it."""
        if self.backward == "rate":
            return rate_neurons(network, self.name, self.width)
        return spikingjelly_neurons(network, self.name, self.width)

    def constants(self) -> dict[str, float]:
        """Height, scale and edge of `training_kernels.slopes`."""
        w = self.width
        return {
            "atan": {"height": 1 / w, "scale": math.pi / w, "edge": 0.0},
            "sigmoid": {"height": 0.0, "scale": 4 / w, "edge": 0.0},
            "rectangle": {"height": 1 / w, "scale": 0.0, "edge": w / 2},
            "triangle": {"height": 1 / w, "scale": 1 / w**2, "edge": w},
        }[self.name]
=======
from ..plan import Branch, Plan
from .pieces import TrainedBranch
from .pooled import Pooled
from .surrogate import Surrogate
from .words import Words, fused
>>>>>>> main


class Front:
    """The branches of a network up to their pooled spikes.

    Args:
        network: with a plan
        plan: its plan (`plan_of`)
        surrogate: of the backward pass
        kernels: use numba where it is
    """

    def __init__(
        self, network: Network, plan: Plan, surrogate: Surrogate, kernels: bool = True
    ) -> None:
        self.network, self.surrogate, self.kernels = network, surrogate, kernels
        self.branches = plan.branches

    def __call__(self, words: Words) -> Tensor:
        """Pooled spikes (T, B, C) of all branches side by side."""
        if not (self.kernels and fused(words.dtype)):
            return torch.cat([self._by_torch(branch, words) for branch in self.branches], dim=2)
        branches = [TrainedBranch.of(self.network, branch) for branch in self.branches]
        parameters = [p for b in branches for p in (b.conv.weight, b.conv.bias)]
        pooled = Pooled.apply(branches, self.surrogate, words, *parameters)
        assert isinstance(pooled, Tensor)
        return pooled

    def _by_torch(self, branch: Branch, words: Words) -> Tensor:
        """Pooled spikes (T, B, C) of one branch by torch alone; its neurons run as they are set."""
        conv = self.network.node(branch.conv)
        assert isinstance(conv, Conv1d)
        frames = torch.stack([words.frame(number) for number in range(words.shape[0])])
        taps = torch.einsum("fnd,cdj->jfnc", frames, conv.weight)
        table = torch.nn.functional.pad(taps, (0, 0, 0, 1))  # (k, F, N + 1, C), the last is silent
        windows = conv.windows(words.lengths)  # (B,)
        most, left = int(windows.max()), branch.padding[0]
        rows = torch.from_numpy(words.rows)
        right = max(most + branch.width - 1 - left - rows.shape[1], 0)
        places = torch.nn.functional.pad(rows, (left, right), value=-1)
        places = torch.where(places < 0, table.shape[2] - 1, places)
        currents: Tensor = conv.bias
        for tap in range(branch.width):
            currents = currents + table[tap][:, places[:, tap : tap + most]]  # (F, B, W, C)
        signal = Signal(currents[torch.from_numpy(words.order)].transpose(2, 3), windows)
        for name in branch.after:
            signal = self.network.node(name)(signal)
        return signal.values
