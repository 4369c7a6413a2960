"""A penalty on synaptic operations that is zero from a wanted number of them down.

    penalty = weight * max(0, operations / usual - target)

``operations`` are those of the batch's texts in the mean: spikes times the synapses that each of
them reaches, over all layers behind neurons and all steps, as `models/operations.py` counts them;
``usual`` are those of the network as it was converted, on dev. So the weight has no unit, and a
batch that is within the target is left alone. Backward a spike has its surrogate gradient, times
its synapses. Spikes of the input are no part of it: no weight changes them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...errors import InputError
from ...models.network import Signal
from ...models.operations import SpikeCounter
from ...models.snn import SpikingTextModel
from .checkpoint import State

SHARE = "dev_operations"
"""The name in the logs of the operations on dev, as a share of the usual."""


class OperationsTarget:
    """Operations of a network behind its neurons, held against a target.

    Args:
        model: as it was converted
        target: share of its operations that is wanted, in (0, 1)
        weight: of the penalty

    Attributes:
        usual: operations a dev text of the converted network, once they were counted
        found: those of the network when it was counted last
    """

    def __init__(self, model: SpikingTextModel, target: float, weight: float) -> None:
        self.model, self.target, self.weight = model, target, weight
        self.usual = self.found = 0.0
        self._batch: list[Tensor] = []  # operations of the last batch's texts

    @property
    def wanted(self) -> float:
        """Operations a dev text that are wanted."""
        return self.target * self.usual

    def counter(self, model: SpikingTextModel | None = None) -> SpikeCounter:
        """A new counter of ``model``, the one that is trained where none is given."""
        model = model or self.model
        return SpikeCounter(model.network, input_is_analog=not model.encoder.spiking)

    def counted(self, counter: SpikeCounter) -> None:
        """Take the operations on dev from what has counted; the first ones are the usual.

        Raises:
            InputError: no neuron has fired there.
        """
        layers = counter.sops.items()
        done = sum(number for name, number in layers if counter.is_fired(name))
        self.found = done / max(counter.samples, 1)
        self.usual = self.usual or self.found
        if not self.usual:
            raise InputError(
                "expected neurons that fire for a target of operations, but those of the converted "
                "network are silent on all dev texts: leave --sops-target out, or convert with "
                "another --threshold"
            )

    def saw(self, record: dict[str, Signal]) -> None:
        """Take the operations of a batch from its recorded signals, with their gradients."""
        self._batch[:] = [operations_behind_neurons(self.counter(), record)]

    def penalty(self) -> Tensor:
        """The penalty of the batch that was seen last, a scalar."""
        share = self._batch.pop().mean() / self.usual
        return self.weight * torch.relu(share - self.target).float()

    def judged(self, score: float, parts: dict[str, float]) -> float:
        """What a network's score on dev comes to; its operations are noted in ``parts``.

        Within the target that is ``score``, which no task has below -1. Above it, it is lower, the
        more operations the lower.
        """
        share = self.found / self.usual
        parts[SHARE] = share
        return score if share <= self.target else self.target / share - 2

    def figures(self, state: State) -> dict[str, float]:
        """What a stage records: the wanted share, and operations a dev text before and after."""
        after = self._kept(state) * self.usual
        return {"target": self.target, "before": self.usual, "after": after}

    def missed(self, state: State) -> str | None:
        """That no network within the target was found, in words; None where one was."""
        share = self._kept(state)
        if share <= self.target:
            return None
        return (
            f"no epoch has so few operations: the one that is kept has {100 * share:.0f} % of the "
            f"converted network's by spikes of neurons, and {100 * self.target:.0f} % are wanted; "
            "give a larger --sops-weight, or more --epochs"
        )

    def _kept(self, state: State) -> float:
        """The share of the usual operations that the network has which is kept."""
        rows = {row["epoch"]: row[SHARE] for row in state.history}
        return rows[state.best_epoch + 1]


def operations_behind_neurons(counter: SpikeCounter, record: dict[str, Signal]) -> Tensor:
    """Operations (B,) of each text that spikes of neurons make, over all layers and steps."""
    costs = [cost for n, cost in counter.operations(record).items() if counter.is_fired(n)]
    return torch.stack([cost.sum(dim=0) for cost in costs]).sum(dim=0)
