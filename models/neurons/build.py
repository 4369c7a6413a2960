"""Nodes that make a network a spiking one: readout, neurons by name.

All of them work on (T, B, ...) with time first. The layers of neurons are in `base.py`,
the pooling of spike trains in `models/spikes/pooling.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import InputError
from ..network import Network
from .base import Neurons, checked_initial
from .burst import BurstIF
from .integrate_and_fire import IF
from .lif import LIF
from .readout import SpikingReadout
from .signed import SignedIF
from .spec import NeuronSpec


def make_neurons(spec: NeuronSpec, initial: float | Sequence[float], channels: int) -> Neurons:
    """A layer of the neurons that ``spec`` names.

    Args:
        spec: kind, reset and parameters
        initial: V(0) as a fraction of the threshold, one number or one for each channel
        channels: of the layer, to check ``initial``

    Raises:
        InputError: another number of V(0) than channels, a V(0) that is not finite, or the kind
            ttfs, whose network is another one (`convert.ttfs.convert_ttfs`).
    """
    checked = checked_initial(initial)
    if isinstance(checked, list) and len(checked) != channels:
        raise InputError(
            f"expected one V(0) for each of {channels} channels, but got {len(checked)}"
        )
    if spec.kind == "lif":
        return LIF(checked, spec.leak, spec.soft_reset)
    if spec.kind == "signed":
        return SignedIF(checked, spec.negative)
    if spec.kind == "burst":
        return BurstIF(checked, spec.burst)
    if spec.kind == "if":
        return IF(checked, spec.soft_reset)
    raise InputError(
        f"the neuron {spec.kind} spikes once in a window of its own, so its network is built by "
        "convert_ttfs, not layer by layer: call that, or choose if, lif, signed or burst"
    )


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
