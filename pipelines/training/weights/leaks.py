"""Leaks of LIF neurons that are learned: one number a layer."""

from __future__ import annotations

from ....errors import InputError
from ....models.network import Network
from ....models.neurons.lif import LIF


def learn_leaks(network: Network) -> None:
    """Let training change the leak of every layer of LIF neurons.

    Thresholds need nothing of the kind: they are folded into the weights, and a channel whose
    weights and bias grow together has a lower one.

    Raises:
        InputError: there is no LIF neuron, or one without a leak, whose logit is not finite.
    """
    layers = _layers(network)
    if not layers or any(layer.leak == 0 for layer in layers):
        raise InputError(
            "expected lif neurons with a leak above 0, whose leak can be learned, but the network "
            f"has {'some without one' if layers else 'other neurons'}: convert with --neuron lif "
            "--leak 0.1, or leave --learn-leaks out"
        )
    for layer in layers:
        layer.learn_leak()


def keep_leaks(network: Network) -> None:
    """Keep what was learned as plain numbers."""
    for layer in _layers(network):
        layer.keep_leak()


def _layers(network: Network) -> list[LIF]:
    nodes = [network.node(name) for name in network.inputs]
    return [node for node in nodes if isinstance(node, LIF)]
