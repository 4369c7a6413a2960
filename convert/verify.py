"""Verification that a converted network is the ANN it was made from.

The SNN's own nodes are walked once with firing rates in place of spikes: the input is the mapped
word vectors, and after every layer of neurons the rates are set to what they must be, the ANN's
activations divided by the threshold. Every current on the way, times the threshold it was divided
by, must then be the ANN's pre-activation. A wrong weight, a bias left at random, a threshold
folded twice, a swapped branch or a shortcut in the wrong unit all break this identity, whatever
the encoder; the quantisation of the SNN does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import SnnConvertError
from ..models.encoders.encoder import Encoder
from ..models.network import Network, Signal
from ..models.neurons.base import Neurons
from ..models.nodes.layers import Conv1d, Linear
from ..models.nodes.norm import BatchNorm1d
from ..models.spikes.pooling import MaxOfCurrents
from .graph.canonical import canonical
from .graph.units import Units


@dataclass(frozen=True)
class LayerCheck:
    """The worst relative error of one layer: of currents, max |I theta - z| / max |z|."""

    name: str
    error: float


@torch.no_grad()
def verify(
    ann: Network,
    snn: Network,
    encoder: Encoder,
    thresholds: dict[str, Tensor],
    vectors: Tensor,
    lengths: Tensor,
    tolerance: float = 1e-3,
    steps: int | None = None,
) -> list[LayerCheck]:
    """Check every layer of ``snn`` against ``ann`` on real texts.

    Args:
        ann: the trained network, in evaluation mode
        snn: its conversion, before any correction or bias shift; nodes have the ANN's names
        encoder: the encoder that the SNN was folded for
        thresholds: theta (C,) or (1,) per activation node of the ANN
        vectors: range-mapped word vectors (B, D, L)
        lengths: (B,) valid positions
        tolerance: largest relative error allowed
        steps: T, where what a mean rate is worth depends on it

    Returns:
        One check per layer whose currents reach neurons or the output (weights, sums), in order.

    Raises:
        SnnConvertError: a layer is off by more than the tolerance; the message names it.
    """
    check = _Check(canonical(ann), snn, thresholds, tolerance)
    check.ann(Signal(vectors, lengths), check.expected)
    rates = encoder.unrounded(steps).map(vectors, lengths)  # (B, D', L)
    signals = {"input": Signal(rates.unsqueeze(0), lengths)}
    for name, inputs in snn.inputs.items():
        node = snn.node(name)
        arriving = [signals[source] for source in inputs]
        if isinstance(node, Neurons):
            signals[name] = check.neurons(name, arriving[0])
            continue
        signals[name] = node(*arriving)
        if isinstance(node, Conv1d | Linear):
            check.layer(name, signals[name])
    if snn.output not in check.errors:
        check.compare(snn.output, signals[snn.output], check.expected[check.ann.output], 1.0)
    return [LayerCheck(name, error) for name, error in check.errors.items()]


class _Check:
    """What the walk knows: the ANN's signals and the worst error of every layer so far."""

    def __init__(
        self, ann: Network, snn: Network, thresholds: dict[str, Tensor], tolerance: float
    ) -> None:
        self.ann, self.snn, self.tolerance = ann, snn, tolerance
        self.units = Units(ann, thresholds)
        self.expected: dict[str, Signal] = {}
        self.errors: dict[str, float] = {}

    def layer(self, name: str, currents: Signal) -> None:
        """Compare a weighted layer's currents with its ANN output, after batch normalisation."""
        readers = self.ann.consumers(name)
        folded = bool(readers) and isinstance(self.ann.node(readers[0]), BatchNorm1d)
        z = self.expected[readers[0] if folded else name]
        self.compare(name, currents, z, self.units.of_currents(name))

    def neurons(self, name: str, currents: Signal) -> Signal:
        """Compare what reaches neurons with the pre-activation; returns the rates they must have.

        Where the maximum is taken of currents, both are those behind the ANN's maxima.
        """
        (source,) = self.ann.inputs[name]
        z, activation, reader = self.expected[source], self.expected[name], name
        theta = self.units.threshold(name)
        (below,) = self.snn.inputs[name]
        while below != "input" and isinstance(self.snn.node(below), MaxOfCurrents):
            (reader,) = self.ann.consumers(reader)
            z, activation = self.ann.node(reader)(z), self.expected[reader]
            (below,) = self.snn.inputs[below]
        while isinstance(self.ann.node(source), BatchNorm1d):
            (source,) = self.ann.inputs[source]
        self.compare(source, currents, z, theta)
        rates = activation.values / _along(theta, activation)
        return Signal(Signal(rates, activation.lengths).masked().unsqueeze(0), activation.lengths)

    def compare(self, name: str, currents: Signal, z: Signal, unit: Tensor | float) -> None:
        """Note the error of currents (1, B, ...) against z (B, ...), or fail.

        Raises:
            SnnConvertError: the error is above the tolerance, or not a number.
        """
        if isinstance(unit, Tensor):
            unit = _along(unit, z)
        back = currents.values[0] * unit
        worst, largest = Signal(back - z.values, z.lengths).masked().abs().max(), z.masked().abs()
        error = float(worst / largest.max().clamp(min=1e-12))
        if not error <= self.tolerance:  # also catches NaN
            raise SnnConvertError(
                f"verification failed at layer {name}: its currents differ from the ANN's "
                f"pre-activations by {error:.2e} of their range, expected at most "
                f"{self.tolerance:.0e}; the conversion is wrong there, do not use this network"
            )
        self.errors[name] = max(self.errors.get(name, 0.0), error)


def _along(values: Tensor, signal: Signal) -> Tensor:
    """Values (C,) or (1,) along the channel axis of ``signal``, (B, C, L) or (B, F)."""
    return values if signal.lengths is None else values[:, None]
