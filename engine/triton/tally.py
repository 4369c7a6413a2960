"""Operations of the front of a batch, counted from how many spikes its words send."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...models.nodes.fan_out import window_fan_out
from ..plan import Plan


@dataclass(frozen=True)
class Batch:
    """Texts as rows of a table: rows (B, L), and lengths (B,)."""

    rows: Tensor
    lengths: Tensor


@dataclass(frozen=True)
class FrontWork:
    """What a batch's words make the front do; `SpikeCounter` counts the same on its signals.

    plan: of the network; spiking: whether the input is spikes
    order: T frame numbers, one for each step
    spikes: (B, L, F) float64, nonzero input channels of each position and frame; padding has none
    lengths: (B,)
    """

    plan: Plan
    spiking: bool
    order: Tensor
    spikes: Tensor
    lengths: Tensor

    @classmethod
    def of(
        cls, plan: Plan, spiking: bool, order: tuple[int, ...], by_row: Tensor, batch: Batch
    ) -> FrontWork:
        """The work of a batch whose table rows have ``by_row`` (R, F) nonzero channels a frame."""
        positions = torch.arange(batch.rows.shape[1], device=by_row.device)
        real = positions < batch.lengths[:, None]  # (B, L)
        spikes = by_row[torch.where(real, batch.rows, 0)].double() * real[:, :, None]
        steps = torch.tensor(order, device=by_row.device)
        return cls(plan, spiking, steps, spikes, batch.lengths)

    def by_step(self, per_frame: Tensor) -> Tensor:
        """Sums (F,) of each frame as sums of each step (T,); analog input is read once."""
        if self.spiking:
            return per_frame[self.order]
        steps = per_frame.new_zeros(len(self.order))
        steps[0] = per_frame[0]
        return steps

    def input_spikes(self) -> Tensor:
        """Input spikes of the batch at each step, (T,); none of analog input."""
        whole = self.by_step(self.spikes.sum(dim=(0, 1)))
        return whole if self.spiking else torch.zeros_like(whole)

    def known(self, pooled: dict[str, Tensor]) -> dict[str, Tensor]:
        """Operations of convolutions and of means over positions at each step, (T,), by name.

        Args:
            pooled: (T, B, C) features of every branch, by the name of its output
        """
        found = {}
        for branch in self.plan.branches:
            length = self.spikes.shape[1]
            fan_out = window_fan_out(self.lengths, length, branch.width, branch.padding).double()
            reached = (self.spikes * fan_out[:, :, None]).sum(dim=(0, 1)) * branch.channels  # (F,)
            found[branch.conv] = self.by_step(reached)
            if branch.rule == "mean":  # of the spikes of the neurons below it
                whole = (self.lengths + sum(branch.padding)).clamp(min=branch.width)
                windows = (whole - branch.width + 1).double()
                fired = (pooled[branch.output].double() * windows[:, None]).round()
                found[branch.pool] = fired.sum(dim=(1, 2))
        return found
