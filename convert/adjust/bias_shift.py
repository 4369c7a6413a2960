"""The bias shift theta/(2T): a constant current in place of an initial potential."""

from __future__ import annotations

import torch

from ...errors import InputError
from ...models.network import Network
from ...models.neurons.base import Neurons
from ...models.nodes.layers import Conv1d, Linear
from ...models.nodes.merge import Add
from ...models.nodes.pooling import AvgPool1d, MeanOverTime
from ...models.spikes.pooling import MaxOfCurrents

# a constant added before these is added behind them too
PASSING = (AvgPool1d, MaxOfCurrents, MeanOverTime)


@torch.no_grad()
def shift_biases(snn: Network, steps: int) -> None:
    """Add theta/(2T) to the current of every layer of neurons, in the biases and in place.

        b_l <- b_l + theta_l / (2T)

    With V(0) = 0 and constant current z the count of an IF neuron with soft reset after T steps is
    clip(floor(T*(z + theta/(2T))/theta), 0, T) = clip(floor(z*T/theta + 1/2), 0, T), that of
    V(0) = theta/2 without the shift. It holds after T steps only (before, the shift has brought in
    less than half a threshold), and only for constant current: neither the spike times nor the
    counts of a layer that reads spikes need agree. Source: Deng and Gu, ICLR 2021.

    Args:
        snn: a converted network with every threshold folded to 1 and V(0) = 0; changed
        steps: T, the steps it will run for; with other steps the shift is not the best one

    Raises:
        InputError: neurons that no layer of their own with a bias feeds, or that start above 0.
    """
    for name in list(snn.inputs):
        node = snn.node(name)
        if not isinstance(node, Neurons):
            continue
        if torch.as_tensor(node.initial).any():
            raise InputError(
                f"expected V(0) = 0 at {name} for the bias shift, but it is {node.initial}: they "
                "are two forms of the same correction"
            )
        layer = _feeding(snn, snn.inputs[name][0])
        if layer is None:
            raise InputError(
                f"cannot shift the current of {name}: no layer with a bias feeds it and nothing "
                "else; use V(0) instead (initial 0.5 and no bias_shift)"
            )
        layer.bias.add_(1 / (2 * steps))


def _feeding(snn: Network, name: str) -> Conv1d | Linear | None:
    """The layer whose bias shifts the output of ``name`` by as much, and shifts nothing else."""
    if name == "input" or len(snn.consumers(name)) != 1:
        return None
    node = snn.node(name)
    if isinstance(node, Conv1d | Linear):
        return node
    if isinstance(node, PASSING):
        return _feeding(snn, snn.inputs[name][0])
    if isinstance(node, Add):  # one branch is enough
        layers = (_feeding(snn, source) for source in snn.inputs[name])
        return next((layer for layer in layers if layer is not None), None)
    return None
