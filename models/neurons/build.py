"""Layers of neurons by name, and those of a network."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import InputError
from ..network import Network
from . import NEURONS
from .base import Neurons, checked_initial
from .readout import SpikingReadout
from .spec import NeuronSpec


def make_neurons(spec: NeuronSpec, initial: float | Sequence[float], channels: int) -> Neurons:
    """A layer of the neurons that ``spec`` names.

    Args:
        spec: kind, reset and parameters
        initial: V(0) as a fraction of the threshold, one number or one for each channel
        channels: of the layer, to check ``initial``

    Raises:
        InputError: another number of V(0) than channels, a V(0) that is not finite, or neurons
            whose network is another one (`convert.ttfs.convert_ttfs`).
    """
    checked = checked_initial(initial)
    if isinstance(checked, list) and len(checked) != channels:
        raise InputError(
            f"expected one V(0) for each of {channels} channels, but got {len(checked)}"
        )
    if spec.layer.windowed:
        others = [kind for kind in NEURONS if not NEURONS[kind].windowed]
        raise InputError(
            f"the neuron {spec.kind} spikes once in a window of its own, so its network is built "
            "by convert_ttfs, not layer by layer: call that, or choose "
            f"{', '.join(others[:-1])} or {others[-1]}"
        )
    chosen = {name: getattr(spec, name) for name in spec.layer.fields if name != "initial"}
    return spec.layer(checked, **chosen)


def neuron_nodes(network: Network) -> dict[str, Neurons | SpikingReadout]:
    """The nodes of ``network`` that hold neurons, by name.

    Raises:
        InputError: there are none, so the network is not a spiking one.
    """
    nodes = {name: network.node(name) for name in network.inputs}
    found = {
        name: node for name, node in nodes.items() if isinstance(node, Neurons | SpikingReadout)
    }
    if not found:
        raise InputError("expected a spiking network, but none of its nodes holds neurons")
    return found
