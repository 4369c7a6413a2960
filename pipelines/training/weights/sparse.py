"""Sparse weights: most synapses are cut while training goes on, and others may grow in their place.

Every layer but the last keeps the share of its weights that is largest in size. What is cut is
remembered, and still gets the gradient of the place where it would be,

    w = w' where |w'| is among the largest, else 0;     w' <- w' - rate * dL/dw

so a synapse that would help grows back, and another one gives way (gradient rewiring: Chen et al.
2021, "Pruning of Deep Spiking Neural Networks through Gradient Rewiring", IJCAI, arXiv 2105.04916,
where a prior pushes weights to zero and no share is given; with a given share as in Lin et al.
2020, "Dynamic Model Pruning with Feedback", ICLR, arXiv 2006.07253). A spike that arrives at a cut
synapse costs nothing (`models/operations.py`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ....errors import InputError
from ....models.network import Network
from ....models.nodes.layers import Conv1d, Linear

UNCUT = "uncut"
"""Buffer of a layer with w' of its weights; it is checkpointed with them."""


class Rewired:
    """The layers of a network whose synapses are cut; call `end` when training is over.

    Args:
        network: changed in place: the smallest weights become zero
        share: of the weights of each layer that are zero, in (0, 1)

    Raises:
        InputError: there is no layer before the last one.
    """

    def __init__(self, network: Network, share: float) -> None:
        synaptic = [network.node(name) for name in network.inputs]
        found = [node for node in synaptic if isinstance(node, Conv1d | Linear)]
        self.layers, self.share = found[:-1], share
        if not self.layers:
            raise InputError(
                "expected a convolution or linear layer before the last one, whose weights can be "
                "cut, but the network has none: leave --weight-sparsity out"
            )
        for layer in self.layers:
            layer.register_buffer(UNCUT, layer.weight.detach().clone())
        self.cut()

    def follow(self, optimizer: torch.optim.Optimizer) -> None:
        """From now on, the steps of ``optimizer`` change w', and w is cut anew after each."""
        optimizer.register_step_pre_hook(self._before)
        optimizer.register_step_post_hook(self._after)

    @torch.no_grad()
    def cut(self) -> None:
        """Make w of w' in every layer."""
        for layer in self.layers:
            whole = layer.get_buffer(UNCUT)
            layer.weight.copy_(torch.where(kept(whole, self.share), whole, 0))

    @property
    def zeros(self) -> tuple[int, int]:
        """How many weights of these layers are zero, and how many there are."""
        weights = [layer.weight for layer in self.layers]
        return sum(int((w == 0).sum()) for w in weights), sum(w.numel() for w in weights)

    @torch.no_grad()
    def _before(self, *_: Any) -> None:
        for layer in self.layers:
            layer.weight.copy_(layer.get_buffer(UNCUT))

    @torch.no_grad()
    def _after(self, *_: Any) -> None:
        for layer in self.layers:
            layer.get_buffer(UNCUT).copy_(layer.weight)
        self.cut()

    def end(self) -> None:
        """Forget what was cut; the weights stay as they are."""
        for layer in self.layers:
            del layer._buffers[UNCUT]


def kept(weights: Tensor, share: float) -> Tensor:
    """Which weights stay where ``share`` of them, the smallest in size, is cut; of equal ones all.

    >>> kept(torch.tensor([3.0, -1.0, 0.5, -2.0]), 0.5).tolist()
    [True, False, False, True]
    """
    size = weights.abs()
    fewest = round(share * weights.numel())
    if fewest == 0:
        return torch.ones_like(size, dtype=torch.bool)
    return size > size.flatten().kthvalue(fewest).values
