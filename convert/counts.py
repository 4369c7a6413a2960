"""Spikes and synaptic operations, counted on the signals of a real run with real fan-out.

A synaptic operation (SOP) is one spike arriving at one synapse. A spike at a position near the
edge of a text reaches fewer windows than one in the middle, a spike on padding reaches none, and a
pooled spike reaches every output: all of that is counted, nothing is estimated from rates.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..models.layers import Conv1d, Linear
from ..models.network import Network, Signal


def window_fan_out(lengths: Tensor, positions: int, width: int) -> Tensor:
    """How many valid windows contain each position.

    Args:
        lengths: (B,) valid positions of each text
        positions: L, length of the position axis
        width: k, filter width

    Returns:
        (B, L) counts; for position i of a text with n windows min(i, n-1) - max(i-k+1, 0) + 1,
        zero on padding.

    >>> window_fan_out(torch.tensor([5]), 6, 3).tolist()
    [[1.0, 2.0, 3.0, 2.0, 1.0, 0.0]]
    """
    i = torch.arange(positions)
    windows = (lengths.clamp(min=width) - width + 1)[:, None]  # (B, 1)
    first = (i - width + 1).clamp(min=0)  # (L,)
    last = torch.minimum(i[None, :], windows - 1)  # (B, L)
    return (last - first + 1).clamp(min=0).to(torch.float32)


def layer_sops(node: Conv1d | Linear, signal: Signal) -> Tensor:
    """Synaptic operations per sample (B,) of spikes arriving at ``node``.

    ``signal`` holds spikes (T, B, D, L) with lengths, or (T, B, F). Values are counted where they
    are not zero, since pooled averages carry a fraction of a spike over one synapse each.
    """
    active = (signal.values != 0).to(torch.float32)
    if isinstance(node, Linear):
        return active.sum(dim=(0, 2)) * node.outputs
    lengths = signal.lengths
    if lengths is None:
        lengths = torch.full((active.shape[1],), active.shape[-1])
    fan_out = window_fan_out(lengths, active.shape[-1], node.width)  # (B, L)
    per_position = active.sum(dim=(0, 2))  # (B, L)
    return (per_position * fan_out).sum(dim=1) * node.channels


@dataclass
class SpikeCounter:
    """Sums over a data set: update with every batch's recorded signals, then compute.

    input_is_analog: the input frames are values, not spikes (direct input): its operations are
    multiply-accumulates and are kept apart from the SOPs.
    """

    network: Network
    input_is_analog: bool
    samples: int = 0
    input_spikes: float = 0.0
    sops: dict[str, float] = field(default_factory=dict)
    macs: float = 0.0

    def update(self, record: dict[str, Signal]) -> None:
        """Add one batch; ``record`` is what `Network.forward` filled in."""
        first = record["input"].values
        self.samples += first.shape[1]
        if not self.input_is_analog:
            self.input_spikes += float((first != 0).sum())
        for name, inputs in self.network.inputs.items():
            node = self.network.node(name)
            if not isinstance(node, Conv1d | Linear):
                continue
            (source,) = inputs
            if source == "input" and self.input_is_analog:
                # constant input: its currents are computed once and reused at every step
                self.macs += float(layer_sops(node, _first_frame(record[source])).sum())
            else:
                sops = float(layer_sops(node, record[source]).sum())
                self.sops[name] = self.sops.get(name, 0.0) + sops

    def compute(self) -> dict[str, float | dict[str, float]]:
        """Means per sample: input spikes, SOPs (whole and by layer), MACs of analog input."""
        n = max(self.samples, 1)
        return {
            "input_spikes_per_sample": self.input_spikes / n,
            "sops_per_sample": sum(self.sops.values()) / n,
            "sops_by_layer": {name: value / n for name, value in self.sops.items()},
            "input_macs_per_sample": self.macs / n,
        }


def _first_frame(signal: Signal) -> Signal:
    return Signal(signal.values[:1], signal.lengths)
