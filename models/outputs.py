"""How many classes a network tells apart, against how many it is used for."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn

from ..errors import InputError
from .network import Network
from .nodes.layers import Linear

MOST_CHANNELS = 100_000_000


def output_count(network: nn.Module) -> int | None:
    """K, by the last layers with weights; None where they do not say it."""
    if not isinstance(network, Network):
        return None  # any callable may stand in a model's place of a network
    return _channels(network)[network.output]


def _channels(network: Network) -> dict[str, int | None]:
    """Channels that each node gives; None where those of the network's input decide it."""
    found: dict[str, int | None] = {"input": None}
    for name, inputs in network.inputs.items():
        below = [found[source] for source in inputs]
        if not below:
            found[name] = None
            continue
        # known where it is the same whatever the unknown ones are
        node = network.node(name)
        least, more = (node.channels_out([n or fill for n in below]) for fill in (1, 2))
        if more > MOST_CHANNELS:
            raise InputError(
                f"expected at most {MOST_CHANNELS:,} channels of a node, but {name} gives {more:g}"
            )
        found[name] = least if least == more else None
    return found


def check_classes(network: nn.Module, classes: Sequence[str]) -> None:
    """Refuse a network that does not have one output for each of at least two classes.

    Raises:
        InputError: also where two classes have the same name.
    """
    names = tuple(classes)
    if len(names) < 2 or len(set(names)) < len(names):
        got = ", ".join(names) or "none"
        raise InputError(f"expected at least two classes of different names, but got {got}")
    outputs = output_count(network)
    if outputs == 1:
        raise InputError(
            "expected one logit for each class, but the network gives a single one; give its last "
            "layer two rows, zeros and the one it has, for the logits [0, z] (from_torch does so)"
        )
    if outputs is not None and outputs != len(names):
        raise InputError(
            f"expected one logit for each of the {len(names)} classes {_short(names)}, but the "
            f"network gives {outputs}; name the classes that it was trained with, in its order"
        )


def _short(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")


def in_order(network: Network, order: Sequence[int]) -> Network:
    """A copy of ``network`` whose output i is the output ``order[i]`` of ``network``.

    Raises:
        InputError: the order is another one, and the last layer is no Linear.
    """
    network = copy.deepcopy(network)
    node = network.node(network.output)
    if list(order) == list(range(len(order))):
        return network
    if not isinstance(node, Linear):
        raise InputError(
            f"expected a Linear at the end of a network whose outputs are put in another order, "
            f"but it is {type(node).__name__}; give the classes in the order of the data set"
        )
    with torch.no_grad():
        node.weight.copy_(node.weight[list(order)].clone())
        node.bias.copy_(node.bias[list(order)].clone())
    return network
