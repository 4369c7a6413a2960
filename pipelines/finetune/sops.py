"""A penalty on synaptic operations that is zero from a wanted share of them down.

    penalty = weight * max(0, operations / usual - target)

``operations`` are those of the batch: spikes times the synapses that each of them reaches, over all
layers behind neurons and all steps, as `models/operations.py` counts them; ``usual`` are those of
the network as it was converted, for the same batch with the same hidden words. So the weight has no
unit, and a batch that is within the target is left alone. Backward a spike has its surrogate
gradient, times its synapses. Spikes of the input are no part of it: no weight changes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...engine.engines import training_by
from ...engine.kinds.kind import NodeTraining
from ...engine.reference import Engine
from ...engine.training.surrogate import Surrogate
from ...errors import InputError
from ...models.network import Signal
from ...models.operations import SpikeCounter
from ...models.snn import SpikingTextModel
from ..training.checkpoint import State

SHARE = "dev_operations"
"""The name in the logs of the operations on dev, as a share of the usual."""


@dataclass(frozen=True)
class Counted:
    """A model's output currents with gradients, and the operations behind its neurons.

    training: of an engine, with a record (`engine.kinds.kind.Training`)
    """

    model: SpikingTextModel
    training: Any

    @classmethod
    def by(cls, engine: str, model: SpikingTextModel, surrogate: Surrogate) -> Counted:
        """By the engine called so, or by the network's own nodes where that has no record.

        Raises:
            InputError: an unknown engine, or one that cannot train the network.
        """
        training = training_by(engine, model, surrogate)
        return cls(model, training if getattr(training, "records", False) else NodeTraining(model))

    def __call__(
        self, ids: Tensor, lengths: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Output currents (T, B, K) of padded ids (B, L), and operations (B,), float64."""
        record: dict[str, Signal] = {}
        currents = self.training(ids, lengths, random, record)
        counter = counter_of(self.model)
        costs = [cost for n, cost in counter.operations(record).items() if counter.is_fired(n)]
        return currents, torch.stack([cost.sum(dim=0) for cost in costs]).sum(dim=0)


def counter_of(model: SpikingTextModel) -> SpikeCounter:
    """A new counter of the operations of ``model``."""
    return SpikeCounter(model.network, input_is_analog=not model.encoder.spiking)


class OperationsTarget:
    """Operations of a network behind its neurons, held against a target.

    Args:
        before: the network as it was converted, which stays so
        target: share of its operations that is wanted, in (0, 1)
        weight: of the penalty

    Attributes:
        usual: operations a dev text of the converted network, once they were counted
        found: those of the network when it was counted last
        whole: and those of the input's spikes besides
    """

    def __init__(self, before: Counted, target: float, weight: float) -> None:
        self.before, self.target, self.weight = before, target, weight
        self.usual = self.found = self.whole = 0.0
        self._shares: list[Tensor] = []  # of the last batch

    def running_logits(
        self, runner: Engine, sequences: Sequence[np.ndarray], seed: int = 0
    ) -> Tensor:
        """Running logits (T, N, K) of dev texts, whose operations are counted.

        The first ones are the usual.

        Raises:
            InputError: no neuron fires there.
        """
        counter = counter_of(runner.model)
        logits = runner.running_logits(sequences, seed, counter=counter)
        done = {n: number / counter.samples for n, number in counter.sops.items()}
        self.whole = sum(done.values())
        self.found = sum(number for n, number in done.items() if counter.is_fired(n))
        self.usual = self.usual or self.found
        if not self.usual:
            raise InputError(
                "expected neurons that fire for a target of operations, but those of the converted "
                "network are silent on all dev texts: leave --sops-target out, or convert with "
                "another --threshold"
            )
        return logits

    def training(self, engine: str, model: SpikingTextModel, surrogate: Surrogate) -> Watched:
        """As `engine.engines.training_by`; the operations of every batch are noted here."""
        return Watched(self, Counted.by(engine, model, surrogate))

    def noted(
        self, counted: Counted, ids: Tensor, lengths: Tensor, random: torch.Generator
    ) -> Tensor:
        """Output currents (T, B, K) of a batch by ``counted``, whose operations are noted."""
        same = torch.Generator(random.device).set_state(random.get_state())
        with torch.no_grad():
            _, usual = self.before(ids, lengths, same)
        currents, operations = counted(ids, lengths, random)
        self._shares[:] = [operations.sum() / usual.sum().clamp(min=1)]
        return currents

    def penalty(self) -> Tensor:
        """The penalty of the batch that was noted last, a scalar."""
        return self.weight * torch.relu(self._shares.pop() - self.target).float()

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


@dataclass(frozen=True)
class Watched:
    """A training whose operations are held against a target."""

    target: OperationsTarget
    counted: Counted

    @property
    def fused(self) -> bool:
        """As `engine.kinds.kind.Training`."""
        return bool(self.counted.training.fused)

    def __call__(
        self, ids: Tensor, lengths: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Output currents (T, B, K) of padded ids (B, L)."""
        return self.target.noted(self.counted, ids, lengths, generator or torch.Generator())
