"""The nodes of a network that an ANN and its SNN share, and `NODES`: all node types by name.

A saved network names the types of its nodes, and each is loaded when one is met. The layers of
neurons are members of `NEURONS` too, and need no line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ...registry import Registry

if TYPE_CHECKING:
    from ..network import Node

N = TypeVar("N", bound="type[Node]")

_MODULES = {
    "nodes.layers": ("Conv1d", "Linear", "Concat", "Dropout"),
    "nodes.merge": ("Add", "Scale", "Flatten"),
    "nodes.norm": ("BatchNorm1d",),
    "nodes.activations": ("Relu", "Qcfs", "Tcl", "Gelu"),
    "nodes.pooling": ("MaxPool1d", "AvgPool1d", "MaxOverTime", "MeanOverTime"),
    "spikes.pooling": ("MaxOfSpikes", "MaxOfCurrents", "MaxOfCounts", "GatedMax"),
    "spikes.ttfs": ("EarliestSpike", "RampReadout"),
    "neurons.readout": ("SpikingReadout",),
    "neurons.direct.node": ("BPSN",),
    "neurons.direct.lif": ("TrainedLIF",),
    "nodes.tokens.linear": ("TokenLinear", "TokenAffine"),
    "nodes.tokens.norm": ("TokenBatchNorm", "TokenLayerNorm"),
    "nodes.tokens.positions": ("AddPositions", "AddPlaces", "ShowAgain", "MeanOverSteps"),
    "nodes.tokens.attention": ("SpikeAttention", "KeyValueSum", "QueryGate", "SoftmaxAttention"),
}
_PLACES = {name: f"{module}:{name}" for module, names in _MODULES.items() for name in names}
NODES: Registry[type[Node]] = Registry(
    "node type", __name__.rpartition(".")[0], names=tuple(_PLACES), places=_PLACES
)


def register(cls: N) -> N:
    """Class decorator: a node type of a user's own, so that networks with it load again.

    Raises:
        InputError: another type has its name.
    """
    NODES.add(cls.__name__, cls)
    return cls
