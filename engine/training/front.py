"""The front of a network in training: pooled spikes of all branches, by kernels or by torch."""

from __future__ import annotations

import torch
from torch import Tensor

from ...models.network import Network, Signal
from ...models.nodes.layers import Conv1d
from ..plan import Branch, Plan
from .pieces import TrainedBranch
from .pooled import Pooled
from .surrogate import Surrogate
from .words import Words, fused


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
