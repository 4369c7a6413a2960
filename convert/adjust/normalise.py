"""Weight normalisation: rescale an ANN so that every activation's threshold becomes 1.

It is threshold balancing seen from the other side: there the neurons get the threshold lambda and
the weights stay, here the weights take it in and every neuron has the threshold 1. The spikes are
the same.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ...errors import InputError
from ...models.network import Network, Node
from ...models.nodes.activations import Activation, Bounded, Relu, inverse_softplus
from ...models.nodes.layers import Concat, Conv1d, Dropout, Linear
from ...models.nodes.merge import Flatten
from ...models.nodes.norm import BatchNorm1d
from ...models.nodes.pooling import AvgPool1d, MaxOverTime, MaxPool1d, MeanOverTime
from ..graph.canonical import channels

# positively homogeneous nodes, f(x / lambda) = f(x) / lambda: a scale passes through them
PASSING = (AvgPool1d, Dropout, MaxOverTime, MaxPool1d, MeanOverTime)
REMEDY = "set normalise to thresholds, which gives the same spikes"


@torch.no_grad()
def normalise_weights(ann: Network, thresholds: Mapping[str, Tensor]) -> Network:
    """Rescale a network by its activations' thresholds.

        W_l <- W_l * lambda_{l-1} / lambda_l,    b_l <- b_l / lambda_l

    lambda_l is the threshold of the activation after layer l (per layer, or one for each of its
    channels), 1 for the input and for the output, so the logits do not change. Each activation is
    divided by its lambda, and with it the bound of QCFS or TCL. Source: Diehl et al. 2015
    (data-based normalisation, lambda the maximum); Rueckauer et al. 2017 (with biases, lambda a
    percentile); per channel the indices of W are those of the channels it joins.

    Args:
        ann: the trained network; it is not changed
        thresholds: lambda > 0, (C,) or (1,), per activation node, in the unit of its
            pre-activations

    Returns:
        A network with the same nodes, names and logits, for which every threshold is 1.

    Raises:
        InputError: an activation without a threshold, or a node that no scale passes through.
    """
    scales: dict[str, Tensor] = {"input": torch.ones(1)}  # lambda of every node's output
    sizes = channels(ann)
    rescaled: list[tuple[str, Node, tuple[str, ...]]] = []
    for name, inputs in ann.inputs.items():
        node = copy.deepcopy(ann.node(name))
        below = [scales[source] for source in inputs]
        if isinstance(node, Concat):
            parts = [s.expand(sizes[i]) for s, i in zip(below, inputs, strict=True)]
            scales[name] = torch.cat(parts)
        elif isinstance(node, Flatten):
            scales[name] = below[0].expand(sizes[inputs[0]]).repeat_interleave(node.positions)
        else:
            scales[name] = _rescaled(ann, name, node, below[0], thresholds)
        rescaled.append((name, node, inputs))
    return Network(rescaled).train(ann.training)


def _rescaled(
    ann: Network, name: str, node: Node, below: Tensor, thresholds: Mapping[str, Tensor]
) -> Tensor:
    """Rescale ``node``, a copy of ``name`` with the lambda ``below`` before it; its own lambda."""
    if isinstance(node, Conv1d | Linear):
        above = _scale_after(ann, name, thresholds)
        _rescale(node, below, above)
        return above
    if isinstance(node, BatchNorm1d) and bool((below == 1).all()):
        above = _scale_after(ann, name, thresholds)
        node.weight.div_(above.to(node.weight))
        node.bias.div_(above.to(node.bias))
        return above
    if isinstance(node, Bounded):
        _rescale_bound(node, below)
    elif not isinstance(node, (Relu, *PASSING)):
        raise InputError(
            f"cannot normalise the weights at {name}: no scale passes through "
            f"{type(node).__name__}; {REMEDY}"
        )
    return below


def _scale_after(ann: Network, name: str, thresholds: Mapping[str, Tensor]) -> Tensor:
    """What the output of layer ``name`` is divided by: the lambda of the activation behind it.

    1 for the output layer, and before a batch normalisation, which is divided in its place.
    """
    reader = name
    while readers := ann.consumers(reader):
        if len(readers) > 1:
            raise InputError(
                f"cannot normalise the weights of {name}: {reader} is read by "
                f"{', '.join(readers)}, which may need different scales; {REMEDY}"
            )
        reader = readers[0]
        node = ann.node(reader)
        if isinstance(node, BatchNorm1d):
            break
        if isinstance(node, Activation):
            return _threshold(reader, thresholds)
        if not isinstance(node, PASSING):
            raise InputError(
                f"cannot normalise the weights of {name}: expected an activation behind it, but "
                f"{reader} ({type(node).__name__}) comes first; {REMEDY}"
            )
    return torch.ones(1)


def _threshold(activation: str, thresholds: Mapping[str, Tensor]) -> Tensor:
    """The lambda of an activation."""
    if activation not in thresholds:
        raise InputError(
            f"expected a threshold for every activation, but {activation} has none; "
            f"there are some for {', '.join(thresholds) or 'none'}"
        )
    return thresholds[activation]


def _rescale(node: Conv1d | Linear, below: Tensor, above: Tensor) -> None:
    """W[i, j] * below[j] / above[i] and b[i] / above[i], in place."""
    ones = (1,) * (node.weight.dim() - 2)
    node.weight.mul_(below.to(node.weight).reshape(1, -1, *ones))
    node.weight.div_(above.to(node.weight).reshape(-1, 1, *ones))
    node.bias.div_(above.to(node.bias))


def _rescale_bound(node: Bounded, scale: Tensor) -> None:
    """Divide a learned bound by ``scale``; it becomes one per channel where the scale is."""
    bound = node.bound / scale.to(node.raw_bound)  # (1,) or (C,)
    if len(bound) == 1:
        bound = bound.reshape(node.raw_bound.shape)
    else:
        node.channels = len(bound)
    node.raw_bound = nn.Parameter(inverse_softplus(bound))
