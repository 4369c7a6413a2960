"""The unit in which every current of an SNN must arrive.

Currents (what no neuron has read yet) are in thresholds of the neurons that they will reach, so a
layer is divided by the threshold of the activation behind it, found through everything linear on
the way: sums, averages, batch normalisation, concatenation.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ...errors import InputError
from ...models.network import Network
from ...models.nodes.activations import Activation
from ...models.nodes.layers import Concat
from ...models.nodes.merge import Flatten
from .canonical import channels


class Units:
    """Thresholds and channels of an ANN, and the units of its currents that follow from them.

    Args:
        ann: the network in canonical order (`graph.canonical`)
        thresholds: theta (C,) or (1,) per activation, in the unit of its pre-activations
    """

    def __init__(self, ann: Network, thresholds: Mapping[str, Tensor]) -> None:
        self.ann, self.thresholds = ann, thresholds
        self.channels = channels(ann)

    def threshold(self, activation: str) -> Tensor:
        """Theta of an activation, (C,) or (1,).

        Raises:
            InputError: it has none.
        """
        if activation not in self.thresholds:
            raise InputError(
                f"expected a threshold for every activation, but {activation} has none; there are "
                f"some for {', '.join(self.thresholds) or 'none'}"
            )
        return self.thresholds[activation]

    def of_currents(self, name: str) -> Tensor:
        """What currents on the output of ANN node ``name`` are divided by: (C,) or (1,).

        The threshold of the (first) neurons that they reach; 1 where they are the network's output.

        Raises:
            InputError: something that is not linear, and no activation, reads them.
        """
        readers = self.ann.consumers(name)
        if not readers:
            if isinstance(self.ann.node(name), Concat | Flatten):
                raise self._refusal(name, "the end of the network")
            return torch.ones(1)
        reader = readers[0]
        node = self.ann.node(reader)
        if isinstance(node, Activation):
            return self.threshold(reader)
        ends = isinstance(node, Concat | Flatten) and not self.ann.consumers(reader)
        if not node.passing or ends:
            raise self._refusal(name, ", ".join(readers))
        return self.of_branch(reader, self.ann.inputs[reader].index(name))

    def of_branch(self, reader: str, position: int) -> Tensor:
        """The unit that the input number ``position`` of the linear node ``reader`` must have."""
        unit = self.of_currents(reader)
        if len(unit) == 1:
            return unit
        node, inputs = self.ann.node(reader), self.ann.inputs[reader]
        if isinstance(node, Concat):
            return unit.split([self.channels[source] for source in inputs])[position]
        if isinstance(node, Flatten):
            rows = unit.reshape(-1, node.positions)  # (C, positions)
            if not torch.equal(rows, rows[:, :1].expand_as(rows)):
                raise InputError(
                    f"cannot convert {inputs[0]}: after {reader} every position has a threshold of "
                    "its own, but the filters before it are shared by all; choose the granularity "
                    "layer"
                )
            return rows[:, 0]
        return unit

    def _refusal(self, name: str, reader: str) -> InputError:
        """The error for currents that end nowhere."""
        return InputError(
            f"cannot convert {name}: its output goes to {reader}, but currents must reach the "
            "neurons of an activation (ReLU, QCFS or TCL); put one there"
        )
