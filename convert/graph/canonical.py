"""What conversion must know of an ANN's graph: channels of every node, and its canonical order."""

from __future__ import annotations

from ...models.network import Network, Node
from ...models.nodes.activations import Activation
from ...models.nodes.layers import Dropout


def channels(ann: Network) -> dict[str, int]:
    """Channels (or flat features) on the output of every node, by name; 0 for the input."""
    sizes = {"input": 0}
    for name, inputs in ann.inputs.items():
        sizes[name] = ann.node(name).channels_out([sizes[source] for source in inputs])
    return sizes


def canonical(ann: Network) -> Network:
    """The same function without dropout, and with every activation before the maximum it follows.

    a(max(z)) = max(a(z)) for a monotone activation a. Written with the activation first, a network
    can use every rule for maximum pooling of spikes. Nodes keep their names and are shared with
    ``ann``, which is not changed.
    """
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    alias: dict[str, str] = {}
    for name, inputs in ann.inputs.items():
        node = ann.node(name)
        inputs = tuple(alias.get(source, source) for source in inputs)
        if isinstance(node, Dropout):
            alias[name] = inputs[0]
            continue
        nodes.append((name, node, inputs))
        if isinstance(node, Activation) and node.monotone:
            _move_up(ann, nodes, alias)
    return Network(nodes)


def _move_up(
    ann: Network, nodes: list[tuple[str, Node, tuple[str, ...]]], alias: dict[str, str]
) -> None:
    """Let the activation at the end of ``nodes`` change places with the maxima right before it."""
    at = len(nodes) - 1
    name, activation, (source,) = nodes[at]
    places = {node[0]: i for i, node in enumerate(nodes)}
    reader = name  # the one that reads ``source`` in the network as it was
    while source in places:
        before = places[source]
        _, pool, below = nodes[before]
        if not pool.maximum or below == ("input",) or _readers(ann, source) != [reader]:
            break
        nodes[before], nodes[at] = (name, activation, below), (source, pool, (name,))
        # the maximum that came last stays last: whoever reads the activation now reads a maximum
        alias.setdefault(name, source)
        for i, (other, node, inputs) in enumerate(nodes):
            if i != at and inputs == (name,):
                nodes[i] = (other, node, (source,))
        places |= {name: before, source: at}
        at, reader, (source,) = before, source, below


def _readers(ann: Network, name: str) -> list[str]:
    """The nodes that read ``name``, through dropout."""
    readers: list[str] = []
    for reader in ann.consumers(name):
        through = isinstance(ann.node(reader), Dropout)
        readers += _readers(ann, reader) if through else [reader]
    return readers
