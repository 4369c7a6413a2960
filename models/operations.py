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
from typing import ClassVar

import torch
from torch import Tensor

from .network import Network, Node, Signal
from .neurons.base import Neurons
from .nodes.fan_out import EXACT
from .nodes.layers import Concat, Dropout
from .nodes.merge import Add, Flatten, Scale


def events(values: Tensor) -> Tensor:
    """Spikes that values stand for: their magnitude, rounded up where it is graded.

    Where values have gradients, so have counts: that of a spike, whose value and count are one.
    """
    # the margin keeps a sum such as 3 * (1 / 3), a little above 1, from counting as two
    counted = (values.abs() - 1e-6).ceil().clamp(min=0)
    return counted.detach() + (values - values.detach()) if values.requires_grad else counted


def layer_sops(node: Node, signal: Signal) -> Tensor:
    """Synaptic operations per sample (B,) of spikes arriving at ``node``; see `step_sops`."""
    return step_sops(node, signal).sum(dim=0)


def step_sops(node: Node, signal: Signal) -> Tensor:
    """Synaptic operations per step and sample (T, B), float64, of spikes arriving at ``node``.

    ``signal`` holds spikes (T, B, D, L) with lengths, or (T, B, F).
    """
    arriving = events(signal.masked().to(torch.float32))
    return node.synaptic_operations(arriving, signal.lengths)


@dataclass
class SpikeCounter:
    """Sums over a data set: update with every batch's recorded signals, then compute.

    input_is_analog: the input frames are values, not spikes (direct input): its operations are
    multiply-accumulates and are kept apart from the SOPs.
    """

    network: Network
    input_is_analog: bool
    pieces: ClassVar[bool] = True  # see `engine.reference.Counter`
    samples: int = 0
    input_spikes: float = 0.0
    sops: dict[str, float] = field(default_factory=dict)
    macs: float = 0.0

    def update(self, record: dict[str, Signal], start: int = 0) -> None:
        """Add one batch; ``record`` is what `Network.forward` filled in.

        Args:
            record: signals by name
            start: steps of this batch that were added before, where it comes in pieces of time
        """
        first = record["input"].values
        spikes = torch.zeros(1) if self.input_is_analog else first.abs().sum(dtype=EXACT)
        # samples and what is done once count with the first piece
        known = {n: torch.zeros(1) for n in self.network.inputs if start and self._is_once(n)}
        self.tally(0 if start else first.shape[1], spikes, record, known)

    def _is_once(self, name: str) -> bool:
        return self.network.node(name).synaptic and self.is_analog(name)

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
            if not self.network.node(name).synaptic:
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

        Of a record without the network's input, those behind neurons. They have gradients where
        signals have. Those of analog input, and of currents that follow from it alone, are MACs,
        and done once: they stand in a single row (1, B).
        """
        costs: dict[str, Tensor] = {}
        for name in self.network.inputs:
            if self.network.node(name).synaptic and ("input" in record or self.is_fired(name)):
                costs[name] = self._cost(name, record, costs)
        return costs

    def is_fired(self, name: str) -> bool:
        """Whether neurons have a part in the spikes that arrive at the layer ``name``."""
        before = self.network.before(self.network.inputs[name][0])
        return any(isinstance(self.network.node(n), Neurons) for n in before - {"input"})

    def is_analog(self, name: str) -> bool:
        """Whether the layer ``name`` multiplies analog values instead of adding for spikes."""
        return self._constant(self.network.inputs[name][0])

    def _cost(
        self, name: str, record: dict[str, Signal], costs: Mapping[str, Tensor | float]
    ) -> Tensor:
        """Operations (T, B) of node ``name`` in this batch."""
        node, (source,) = self.network.node(name), self.network.inputs[name]
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
        if isinstance(node, Scale | Dropout):  # in training, dropout makes values of spikes
            return self._spikes(below[0], record)
        if isinstance(node, Add | Concat | Flatten):
            return node(*(self._spikes(source, record) for source in below))
        return Signal(events(record[name].values), record[name].lengths)

    def _currents(self, name: str) -> bool:
        """Whether a node's output is current that no neuron has read."""
        if name == "input":
            return False
        node = self.network.node(name)
        if node.passing:
            return any(self._currents(source) for source in self.network.inputs[name])
        return node.synaptic

    def _constant(self, name: str) -> bool:
        """Whether a node's output is the same at every step: analog input, and currents of it."""
        if name == "input":
            return self.input_is_analog
        node = self.network.node(name)
        linear = node.synaptic or node.passing
        return linear and all(self._constant(source) for source in self.network.inputs[name])

    def _feeders(self, name: str) -> list[str]:
        """The synapses whose currents node ``name`` carries."""
        node = self.network.node(name)
        if node.synaptic:
            return [name]
        return [f for source in self.network.inputs[name] for f in self._feeders(source)]
