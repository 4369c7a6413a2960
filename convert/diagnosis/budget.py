"""The error budget: each layer's conversion error, split into parts that sum exactly to it.

Every value is in the unit of the layer's threshold theta: a is the ANN's activation, z its
pre-activation, I(t) the current the SNN's neurons really receive, r their spikes per step. With
q(z) the spikes per step of the same neurons for the constant current z (for an IF neuron with soft
reset clip(floor(z*T + V(0)) / T, 0, 1), the QCFS staircase), the error r - a is split by
substituting one cause after the other:

    clipping      clip(a, 0, 1) - a          the neuron cannot fire more than once a step
    quantisation  q(z) - clip(a, 0, 1)       T steps know T + 1 levels
    carried in    q(z') - q(z)               z': mean current of the SNN with exact (direct) input
    encoder       q(mean I) - q(z')          what the input code adds: noise (poisson) or rounding
    unevenness    r - q(mean I)              same charge, other arrival order
    total         r - a

The terms telescope, so the parts sum to the total for every neuron, not only on average. Max
pooling has a row of its own (part ``pooling``): what the SNN's pooling gives, less the maximum of
the rates (or mean currents) that enter it.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ...models.encoders.encoder import Encoder
from ...models.network import Network, Signal
from ...models.neurons.base import Neurons
from ...models.nodes.activations import Activation
from ...models.nodes.norm import BatchNorm1d
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ...seeds import generator
from ..graph.canonical import canonical
from ..graph.pools import pool_once, pools_before
from ..totals import MOST_VALUES, run_totals, totals
from .error_parts import _Row, constant_rate, split_error
from .sample import looked_at

Record = dict[str, Signal]


class ErrorBudget:
    """The error budget of one network: update with the signals of every batch, then compute.

    Args:
        ann: the trained network in canonical order (`graph.canonical`), as it is converted
        snn: its conversion, with the same names for neuron layers, pooling and output
        thresholds: theta (C,) or (1,) per activation node of the ANN
        steps: T
        shift: what a bias shift adds to the SNN's currents, in thresholds (1/(2T), or 0)
    """

    def __init__(
        self,
        ann: Network,
        snn: Network,
        thresholds: dict[str, Tensor],
        steps: int,
        shift: float = 0.0,
    ) -> None:
        self.ann, self.snn, self.thresholds = ann, snn, thresholds
        self.steps, self.shift = steps, shift
        self.rows: dict[str, _Row] = {}
        self.compared = [name for name in ann.inputs if self._is_compared(name)]
        self.names = self._looked_at()

    def update(self, ann: Record, snn: Record, direct: Record) -> None:
        """Add one batch.

        Args:
            ann: every signal of the ANN, as `Network.forward` records them
            snn: those of the SNN; of a run with pre-steps the last T steps are looked at
            direct: those of the SNN with exact input (the same as ``snn`` under direct input)
        """
        found = [self._totals(record) for record in ((snn,) if direct is snn else (snn, direct))]
        self.add(ann, found[0], found[-1])

    def add(self, ann: Record, snn: Record, direct: Record) -> None:
        """Add one batch of which ``snn`` and ``direct`` hold sums (B, ...) over the T steps alone.

        Sums of the nodes called ``names`` are needed. Under direct input both are one object.
        """
        for name in self.compared:
            if self.ann.node(name).maximum:
                self._pooling(name, ann, snn)
            else:
                self._neurons(name, ann, snn, direct)
        self._output(ann, snn, direct)

    def _is_compared(self, name: str) -> bool:
        """Whether an ANN node has a row of its own: activations and maxima that the SNN has too."""
        if name not in self.snn.inputs:
            return False
        if isinstance(self.ann.node(name), Activation) and name in self.thresholds:
            return True
        return self.ann.node(name).maximum and self.ann.inputs[name][0] in self.thresholds

    def _looked_at(self) -> set[str]:
        """The names of the SNN's nodes that are looked at."""
        names = {self.snn.output}
        for name in self.compared:
            names |= {name, *self.snn.inputs[name], pools_before(self.snn, name)[0]}
        return names - {"input"}

    def _totals(self, record: Record) -> Record:
        """Sums over the last T steps of a recorded run."""
        last = {n: Signal(record[n].values[-self.steps :], record[n].lengths) for n in self.names}
        return totals([last], self.names, self.snn)

    def compute(self) -> list[dict[str, Any]]:
        """One flat record a row, in the order of the network.

        name; layer, the one before it that has weights (or the sum); kind (neurons, pooling,
        output); steps; values, how many were compared; activation_mean, in thresholds; clipped, the
        share of the summed activation that clipping takes away; and for every part and for the
        total its signed mean, mean absolute value and root mean square (``clipping_mean``,
        ``clipping_mean_abs``, ``clipping_rms``, ...), in thresholds; those of the output in the
        ANN's unit.
        """
        return [row.compute(self.steps) for row in self.rows.values()]

    def _mean(self, signal: Signal) -> Tensor:
        """Mean over the T steps, (B, ...) in double precision, of their sum."""
        return signal.values.double() / self.steps

    def _scaled(self, values: Tensor, activation: str) -> Tensor:
        """ANN values in thresholds of ``activation``."""
        shape = (1, -1, 1) if values.dim() == 3 else (1, -1)
        return values.double() / self.thresholds[activation].double().reshape(shape)

    def _row(self, name: str, layer: str, kind: str) -> _Row:
        return self.rows.setdefault(name, _Row(name, layer, kind))

    def _layer(self, activation: str) -> str:
        """The layer whose output an activation reads; a batch normalisation is part of it."""
        (name,) = self.ann.inputs[activation]
        while name != "input" and isinstance(self.ann.node(name), BatchNorm1d):
            (name,) = self.ann.inputs[name]
        return name

    def _neurons(self, name: str, ann: Record, snn: Record, direct: Record) -> None:
        (below,), (source,) = self.ann.inputs[name], self.snn.inputs[name]
        layer = self._layer(name)
        before, pools = pools_before(self.snn, name)
        activation, z = pool_once(pools, ann[name]), pool_once(pools, ann[below])
        if pools:
            largest = pool_once(pools, Signal(self._mean(snn[before]), snn[before].lengths))
            self._pooled_currents(name, source, largest, z, self._mean(snn[source]))
        neurons, lengths = self.snn.node(name), snn[name].lengths
        a = self._scaled(activation.values, name)
        q = [constant_rate(neurons, self._scaled(z.values, name) + self.shift, lengths, self.steps)]
        for record in (direct, snn) if direct is not snn else (snn,):
            q.append(constant_rate(neurons, self._mean(record[source]), lengths, self.steps))
        most = float(neurons.spike_size[1]) if isinstance(neurons, Neurons) else 1.0
        parts = split_error(a, q[0], q[1], q[-1], self._mean(snn[name]), most)
        self._row(name, layer, "neurons").update(parts, a, activation.mask())

    def _pooled_currents(
        self, name: str, source: str, largest: Signal, z: Signal, pooled: Tensor
    ) -> None:
        """The row of a maximum of currents: the mean of maxima is more than the largest mean."""
        target = self._scaled(z.values, name) + self.shift
        parts = {
            "carried_in": largest.values - target,
            "pooling": pooled - largest.values,
            "total": pooled - target,
        }
        self._row(source, self._layer(name), "pooling").update(parts, target, largest.mask())

    def _pooling(self, name: str, ann: Record, snn: Record) -> None:
        """The row of a maximum of spikes or counts, against the maximum of the rates."""
        (source,) = self.ann.inputs[name]
        (before,) = self.snn.inputs[name]
        largest = self.ann.node(name)(Signal(self._mean(snn[before]), snn[before].lengths))
        a = self._scaled(ann[name].values, source)
        pooled = self._mean(snn[name])
        parts = {
            "carried_in": largest.values - a,
            "pooling": pooled - largest.values,
            "total": pooled - a,
        }
        self._row(name, source, "pooling").update(parts, a, ann[name].mask())

    def _output(self, ann: Record, snn: Record, direct: Record) -> None:
        """The row of the logits, in the ANN's unit."""
        logits = ann[self.ann.output].values.double()
        exact, mean = self._mean(direct[self.snn.output]), self._mean(snn[self.snn.output])
        parts = {"carried_in": exact - logits, "encoder": mean - exact, "total": mean - logits}
        self._row(self.ann.output, self.ann.output, "output").update(parts, logits, None)


def with_direct_input(snn: SpikingTextModel) -> SpikingTextModel:
    """The same spiking model, fed with the exact values that its encoder makes frames of."""
    encoder = snn.encoder
    assert isinstance(encoder, Encoder)
    twin = copy.copy(snn)  # the same network and vectors, another encoder
    twin.encoder = encoder.unrounded(snn.steps)
    return twin


@torch.no_grad()
def error_budget(
    ann: TextModel,
    snn: SpikingTextModel,
    thresholds: dict[str, Tensor],
    sequences: Sequence[np.ndarray],
    seed: int = 0,
    shift: float = 0.0,
    most: int = MOST_VALUES,
    progress: str | None = None,
) -> list[dict[str, Any]]:
    """The error budget of a text model on up to 512 texts.

    Args:
        ann: the trained model
        snn: its conversion
        thresholds: theta per activation node of the ANN
        sequences: id sequences of unlabelled texts
        seed: of the noise of a stochastic encoder
        shift: what a bias shift adds to the currents, in thresholds
        most: values that may be held of a step, see `convert.totals`
        progress: label of a progress bar, none without it

    Returns:
        The rows of :meth:`ErrorBudget.compute`.

    Raises:
        InputError: no texts.
    """
    if not sequences:
        raise InputError("expected at least one text for the error budget, but got none")
    network = canonical(ann.network)
    budget = ErrorBudget(network, snn.network, thresholds, snn.steps, shift)
    noise = generator(seed, "budget")
    exact = None if snn.encoder.exact else with_direct_input(snn)
    for ids, lengths in looked_at(snn, sequences, most, progress):
        drawn = run_totals(snn, ids, lengths, noise, budget.names, most)
        direct = drawn
        if exact is not None:
            direct = run_totals(exact, ids, lengths, None, budget.names, most)
        record: Record = {}
        network(Signal(ann.embed(ids), lengths), record)
        budget.add(record, drawn, direct)
    return budget.compute()
