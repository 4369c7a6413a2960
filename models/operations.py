"""Spikes and synaptic operations, counted on the signals of a real run with real fan-out.

A synaptic operation (SOP) is one spike arriving at one synapse. A spike at a position near the
edge of a text reaches fewer windows than one in the middle, a spike on padding reaches none, and a
pooled spike reaches every output: all of that is counted, nothing is estimated from rates.

- A burst of n spikes counts n times, a negative spike once.
- A graded value (an average of spikes) counts as its magnitude, rounded up; a sum of spikes as the
  spikes that were summed, which each travel on over the synapses behind the sum.
- Averages are synapses too: one operation for every window that a spike is part of. Maxima are
  comparisons, not synapses, and are not counted.
- A shortcut's identity synapses cost one operation a spike. Where currents, not spikes, pass them
  on to a second layer of neurons, the synapses that made the currents are needed once more.
- Analog input (direct): its currents are constant, so their multiply-accumulates (MACs) are
  counted once, and apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from .network import Network, Signal
from .nodes.layers import Concat, Conv1d, Dropout, Linear
from .nodes.merge import Add, Flatten, Scale
from .nodes.pooling import AvgPool1d, MeanOverTime
from .spikes.pooling import MaxOfCurrents

Synapses = Conv1d | Linear | Scale | AvgPool1d | MeanOverTime
SYNAPSES = (Conv1d, Linear, Scale, AvgPool1d, MeanOverTime)
# counts of a data set pass 2^24, from where float32 leaves whole numbers out
EXACT = torch.float64
PASSING = (Scale, AvgPool1d, MeanOverTime, Add, Concat, Flatten, Dropout, MaxOfCurrents)


def window_fan_out(
    lengths: Tensor,
    positions: int,
    width: int,
    padding: tuple[int, int] = (0, 0),
    stride: int = 1,
) -> Tensor:
    """How many valid windows contain each position.

    Args:
        lengths: (B,) valid positions of each text
        positions: L, length of the position axis
        width: k, filter width
        padding: zeros (left, right) of the filter
        stride: positions from window to window

    Returns:
        (B, L) counts. Position i is at j = i + left; window w holds it where
        w * stride <= j <= w * stride + k - 1, so of W windows it is in
        min(floor(j / stride), W - 1) - max(ceil((j - k + 1) / stride), 0) + 1.

    >>> window_fan_out(torch.tensor([5]), 6, 3).tolist()
    [[1.0, 2.0, 3.0, 2.0, 1.0, 0.0]]
    >>> window_fan_out(torch.tensor([3]), 3, 3, padding=(1, 1)).tolist()
    [[2.0, 3.0, 2.0]]
    """
    at = torch.arange(positions, device=lengths.device)
    return fan_out_at(at, lengths[:, None], width, padding, stride)


def fan_out_at(
    position: Tensor,
    lengths: Tensor,
    width: int,
    padding: tuple[int, int] = (0, 0),
    stride: int = 1,
) -> Tensor:
    """How many valid windows contain ``position`` of a text of ``lengths``, which broadcast."""
    j = position + padding[0]
    whole = (lengths + sum(padding)).clamp(min=width)
    windows = (whole - width) // stride + 1
    first = -((width - 1 - j).div(stride, rounding_mode="floor"))  # ceil((j - k + 1) / stride)
    last = torch.minimum(j // stride, windows - 1)
    return (last - first.clamp(min=0) + 1).clamp(min=0).to(torch.float32)


def events(values: Tensor) -> Tensor:
    """Spikes that values stand for: their magnitude, rounded up where it is graded."""
    # the margin keeps a sum such as 3 * (1 / 3), a little above 1, from counting as two
    return (values.abs() - 1e-6).ceil().clamp(min=0)


def layer_sops(node: Synapses, signal: Signal) -> Tensor:
    """Synaptic operations per sample (B,) of spikes arriving at ``node``; see `step_sops`."""
    return step_sops(node, signal).sum(dim=0)


def step_sops(node: Synapses, signal: Signal) -> Tensor:
    """Synaptic operations per step and sample (T, B), float64, of spikes arriving at ``node``.

    ``signal`` holds spikes (T, B, D, L) with lengths, or (T, B, F).
    """
    arriving = events(signal.masked().to(torch.float32))
    if isinstance(node, Linear):
        return arriving.sum(dim=2, dtype=EXACT) * node.outputs
    if isinstance(node, Scale | MeanOverTime):
        return arriving.flatten(2).sum(dim=2, dtype=EXACT)  # one synapse a spike
    lengths = signal.lengths
    if lengths is None:
        lengths = torch.full((arriving.shape[1],), arriving.shape[-1], device=arriving.device)
    positions = arriving.shape[-1]
    if isinstance(node, AvgPool1d):
        fan_out, targets = window_fan_out(lengths, positions, node.kernel, stride=node.stride), 1
    else:
        fan_out = window_fan_out(lengths, positions, node.width, node.padding)  # (B, L)
        targets = node.channels
    per_position = arriving.sum(dim=2, dtype=EXACT)  # (T, B, L)
    return (per_position * fan_out).sum(dim=2) * targets


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
        spikes = torch.zeros(1) if self.input_is_analog else first.abs().sum(dtype=EXACT)
        self.tally(first.shape[1], spikes, record, {})

    def tally(
        self,
        samples: int,
        input_spikes: Tensor,
        record: dict[str, Signal],
        known: dict[str, Tensor],
    ) -> None:
        """Add one batch of which some layers are counted already.

        Args:
            samples: B
            input_spikes: of the whole batch at each step, (T,)
            record: signals that nodes whose costs are not known read, by name
            known: operations of the whole batch at each step, (T,), by the name of the layer; those
                of analog input are all at the first step
        """
        self.samples += samples
        self.input_spikes += float(input_spikes.sum(dtype=EXACT))
        costs: dict[str, float] = {}
        for name, inputs in self.network.inputs.items():
            if not isinstance(self.network.node(name), SYNAPSES):
                continue
            done = known.get(name)
            cost = self._cost(name, record, costs) if done is None else done
            costs[name] = float(cost.sum(dtype=EXACT))
            if self._constant(inputs[0]):
                self.macs += costs[name]
            else:
                self.sops[name] = self.sops.get(name, 0.0) + costs[name]

    def compute(self) -> dict[str, float | dict[str, float]]:
        """Means per sample: input spikes, SOPs (whole and by layer), MACs of analog input."""
        n = max(self.samples, 1)
        return {
            "input_spikes_per_sample": self.input_spikes / n,
            "sops_per_sample": sum(self.sops.values()) / n,
            "sops_by_layer": {name: value / n for name, value in self.sops.items()},
            "input_macs_per_sample": self.macs / n,
        }

    def operations(self, record: dict[str, Signal]) -> dict[str, Tensor]:
        """Operations (T, B) of every layer of synapses in one recorded batch, nothing added up.

        Those of analog input, and of currents that follow from it alone, are MACs, and done once:
        they stand in a single row (1, B).
        """
        costs: dict[str, Tensor] = {}
        for name in self.network.inputs:
            if isinstance(self.network.node(name), SYNAPSES):
                costs[name] = self._cost(name, record, costs)
        return costs

    def is_analog(self, name: str) -> bool:
        """Whether the layer ``name`` multiplies analog values instead of adding for spikes."""
        return self._constant(self.network.inputs[name][0])

    def _cost(
        self, name: str, record: dict[str, Signal], costs: Mapping[str, Tensor | float]
    ) -> Tensor:
        """Operations (T, B) of node ``name`` in this batch."""
        node, (source,) = self.network.node(name), self.network.inputs[name]
        assert isinstance(node, SYNAPSES)
        arriving = record[source]
        if self._constant(source):
            arriving = Signal((arriving.values[:1] != 0).float(), arriving.lengths)
        elif self._currents(source):
            if isinstance(node, Scale):  # the same synapses again, onto other neurons
                return torch.as_tensor(sum(costs[feeder] for feeder in self._feeders(source)))
            arriving = Signal((arriving.values != 0).float(), arriving.lengths)
        else:
            arriving = self._spikes(source, record)
        return step_sops(node, arriving)

    def spikes(self, name: str, record: dict[str, Signal]) -> Signal:
        """The spikes on a node's output, as many as each value stands for."""
        return self._spikes(name, record)

    def _spikes(self, name: str, record: dict[str, Signal]) -> Signal:
        """The spikes on a node's output: of a sum of spikes, all that were summed."""
        node = self.network.node(name) if name != "input" else None
        below = self.network.inputs.get(name, ())
        if isinstance(node, Scale):
            return self._spikes(below[0], record)
        if isinstance(node, Add | Concat | Flatten):
            return node(*(self._spikes(source, record) for source in below))
        return Signal(events(record[name].values), record[name].lengths)

    def _currents(self, name: str) -> bool:
        """Whether a node's output is current that no neuron has read."""
        if name == "input":
            return False
        node = self.network.node(name)
        if isinstance(node, PASSING):
            return any(self._currents(source) for source in self.network.inputs[name])
        return isinstance(node, Conv1d | Linear)

    def _constant(self, name: str) -> bool:
        """Whether a node's output is the same at every step: analog input, and currents of it."""
        if name == "input":
            return self.input_is_analog
        linear = isinstance(self.network.node(name), (Conv1d, Linear, *PASSING))
        return linear and all(self._constant(source) for source in self.network.inputs[name])

    def _feeders(self, name: str) -> list[str]:
        """The synapses whose currents node ``name`` carries."""
        node = self.network.node(name)
        if isinstance(node, SYNAPSES):
            return [name]
        return [f for source in self.network.inputs[name] for f in self._feeders(source)]
