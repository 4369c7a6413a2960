"""SRP: neurons that end some pre-steps below zero are silenced while the steps that count run.

A neuron whose charge comes late or early fires a spike too many: it fires on a first burst of
positive current, and the negative current that follows cannot take the spike back. With soft reset
the potential keeps the account, v(P) = V(0) + sum of currents - theta * count. Where the ANN's
activation is 0, its charge V(0) + sum of currents is below theta, so with one spike or more the
residual potential v(P) is below 0; where v(P) < 0 the neuron has fired more than its charge
pays for. SRP runs P pre-steps (tau in the paper), notes the neurons with v(P) < 0, sets every
potential back to V(0), and runs the T steps of the answer with those neurons silent.

Source: Hao et al., AAAI 2023, "Reducing ANN-SNN Conversion Error through Residual Membrane
Potential". Their published code keeps neurons with v(P) > 0.001; here the rule is that of the
text, v(P) >= 0. Theirs feeds the same image at every step; here the pre-steps are an encoding of
P steps of their own. The pre-steps are work like any other: they are part of the latency and
their spikes are part of what is recorded and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from .encoders.bit_table import BitTable
from .network import Network, Signal, add_steps
from .neurons.base import Neurons
from .snn import SpikeEncoder, SpikingTextModel


def run_silenced(
    network: Network,
    signal: Signal,
    keep: dict[str, Tensor],
    record: dict[str, Signal] | None = None,
) -> Tensor:
    """Run ``network`` with the spikes of some neurons taken away.

    Args:
        network: the spiking network
        signal: input frames (T, B, D', L)
        keep: for neuron layers by name, (B, ...): 1 where a neuron may fire, 0 where it is silent
        record: when given, filled with every node's output signal by name

    Returns:
        Output currents (T, B, K).
    """
    signals = {"input": signal}
    for name, inputs in network.inputs.items():
        out = network.node(name)(*(signals[source] for source in inputs))
        if name in keep:
            out = Signal(out.values * keep[name], out.lengths)
        signals[name] = out
    if record is not None:
        record.update(signals)
    return signals[network.output].values


def residual_potentials(network: Network, record: dict[str, Signal]) -> dict[str, Tensor]:
    """v(P) of every layer of IF neurons, (B, ...), in thresholds, after a recorded run.

    Raises:
        InputError: a layer of other neurons, whose potential does not keep this account.
    """
    found = {}
    for name, node in _checked(network):
        (source,) = network.inputs[name]
        currents, spikes = record[source].values, record[name].values  # (P, B, ...)
        found[name] = _residual(node, currents, spikes, None)
    return found


def _residual(node: Neurons, currents: Tensor, spikes: Tensor, before: Tensor | None) -> Tensor:
    """V after steps (T', B, ...), in float64; ``before`` is v before them, None for V(0)."""
    if before is None:
        before = torch.zeros(currents.shape[1:], dtype=torch.float64, device=currents.device)
        before += torch.as_tensor(node.initial_on(currents), device=currents.device)
    return add_steps(before, currents - spikes)


def _checked(network: Network) -> list[tuple[str, Neurons]]:
    """The layers of neurons of ``network``, all of which SRP must hold for.

    Raises:
        InputError: a layer of other neurons.
    """
    found = []
    for name in network.inputs:
        node = network.node(name)
        if not isinstance(node, Neurons):
            continue
        if not node.silenced_by_srp or not node.soft_reset:
            raise InputError(
                f"expected IF neurons with soft reset for SRP, but {name} holds "
                f"{type(node).__name__}{' with hard reset' if node.silenced_by_srp else ''}: "
                "choose the neuron if and the reset soft, or set the SRP steps to 0"
            )
        found.append((name, node))
    return found


def find_silent(
    network: Network, signal: Signal, record: dict[str, Signal] | None = None
) -> dict[str, Tensor]:
    """Run the pre-steps: by layer, (B, ...) with 1 where v(P) >= 0 and 0 where it is below.

    Args:
        network: the spiking network
        signal: input frames (P, B, D', L)
        record: when given, filled with the signals of the pre-steps
    """
    seen: dict[str, Signal] = {}
    network(signal, seen)
    if record is not None:
        record.update(seen)
    return _kept(residual_potentials(network, seen), signal.values.dtype)


def _kept(potentials: dict[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """1 where a neuron's v(P) is not below zero, 0 where it is."""
    return {name: (v >= 0).to(dtype) for name, v in potentials.items()}


class SilencedTextModel(SpikingTextModel):
    """A spiking text model that runs SRP's pre-steps before every answer.

    Args:
        vectors: (V, D) in [-1, 1], row 0 zero
        encoder: turns vectors into frames
        network: spiking network of IF neurons with soft reset
        steps: T, the steps whose currents are the answer
        srp_steps: P, the pre-steps
    """

    def __init__(
        self,
        vectors: Tensor | BitTable,
        encoder: SpikeEncoder,
        network: Network,
        steps: int,
        srp_steps: int,
    ) -> None:
        super().__init__(vectors, encoder, network, steps)
        if srp_steps < 1:
            raise InputError(f"expected 1 or more steps before SRP, but got {srp_steps}")
        self.srp_steps = srp_steps

    @property
    def latency(self) -> int:
        """Steps until the answer: P + T."""
        return self.srp_steps + self.steps

    @property
    def pre_steps(self) -> int:
        """P."""
        return self.srp_steps

    def forward(
        self,
        ids: Tensor,
        lengths: Tensor,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
        steps: int | None = None,
        record: dict[str, Signal] | None = None,
    ) -> Tensor:
        """Output currents (T, B, K) of padded ids (B, L), after P pre-steps.

        ``record`` holds P + T steps of every signal, the pre-steps first, so that spikes and
        operations counted from it include them.
        """
        before: dict[str, Signal] = {}
        after: dict[str, Signal] = {}
        early = self.frames(ids, lengths, generator, shared_noise, self.srp_steps)
        with torch.no_grad():  # which neurons are silent is a decision, not a function to learn
            keep = find_silent(self.network, Signal(early, lengths), before)
        frames = self.frames(ids, lengths, generator, shared_noise, steps)
        currents = run_silenced(self.network, Signal(frames, lengths), keep, after)
        if record is not None:
            for name, signal in after.items():
                both = torch.cat([before[name].values, signal.values])
                record[name] = Signal(both, signal.lengths)
        return currents

    def pieces(
        self,
        ids: Tensor,
        lengths: Tensor,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[dict[str, Signal]]:
        """As `SpikingTextModel.pieces`: those of the P pre-steps, then those of the T steps."""
        if not self.network.resumes:
            yield from super().pieces(ids, lengths, size, generator, shared_noise)
            return
        layers = _checked(self.network)
        potentials: dict[str, Tensor] = {}
        states: dict[str, Any] = {}
        noise = size, generator, shared_noise
        for frames in self._frames(ids, lengths, self.srp_steps, *noise):
            record = self.network.resume(Signal(frames, lengths), states)
            for name, node in layers:
                arriving, fired = record[self.network.inputs[name][0]], record[name]
                potentials[name] = _residual(
                    node, arriving.values, fired.values, potentials.get(name)
                )
            yield record
        keep, states = _kept(potentials, frames.dtype), {}
        for frames in self._frames(ids, lengths, self.steps, *noise):
            yield self.network.resume(Signal(frames, lengths), states, keep)


def spiking_model(
    vectors: Tensor | BitTable,
    encoder: SpikeEncoder,
    network: Network,
    steps: int,
    srp_steps: int = 0,
) -> SpikingTextModel:
    """The spiking text model of a conversion, with SRP where ``srp_steps`` is not 0."""
    if srp_steps:
        return SilencedTextModel(vectors, encoder, network, steps, srp_steps)
    return SpikingTextModel(vectors, encoder, network, steps)
