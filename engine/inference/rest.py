"""From pooled signals to logits: the nodes after the front, at once where they are one layer."""

from __future__ import annotations

import torch
from torch import Tensor

from ...models.network import Network, Signal
from ...models.nodes.layers import Concat, Dropout, Linear
from ...models.snn import running_logits
from ..exact_sums import exact_sums
from ..grid import GridLinear
from ..plan import Plan, run_rest


class Rest:
    """The nodes after the front of one network.

    Args:
        network: the whole network
        plan: of it
        steps: T

    Attributes:
        affine: weights (K, F) and bias (K,) where the nodes are one linear layer on all branches'
            spikes, else None
    """

    def __init__(self, network: Network, plan: Plan, steps: int) -> None:
        self.network, self.plan, self.steps = network, plan, steps
        self.affine = affine_rest(network, plan)

    def by_branch(self, pooled: Tensor) -> dict[str, Tensor]:
        """The branches' parts (T, B, C) of signals side by side, by the name of their output."""
        sizes = [branch.channels for branch in self.plan.branches]
        names = [branch.output for branch in self.plan.branches]
        return dict(zip(names, pooled.split(sizes, dim=2), strict=True))

    @exact_sums()
    def currents(self, pooled: Tensor, record: dict[str, Signal] | None = None) -> Tensor:
        """Output currents (T, B, K) of pooled signals side by side (T, B, sum of C).

        record: when given, filled with the signals of the branches and of the rest
        """
        if self.affine is None or record is not None:
            return run_rest(self.network, self.plan, self.by_branch(pooled), record=record)
        weight, bias = self.affine
        return torch.nn.functional.linear(pooled, weight, bias)

    def logits(self, pooled: Tensor, sums: bool = False) -> Tensor:
        """Running logits (T, B, K) of pooled signals (T, B, sum of C).

        sums: ``pooled`` (1, B, sum of C) is their sum over the steps, which is enough where the
            rest is ``affine``; the logits are those after the last step (1, B, K)
        """
        if not sums:
            return running_logits(self.currents(pooled))
        assert self.affine is not None
        weight, bias = self.affine
        # exact in float64, so it does not depend on the batch, and is rounded as running logits are
        total = pooled[0].double() @ weight.T.double() + self.steps * bias.double()
        return (total.float() / self.steps).unsqueeze(0)


def affine_rest(network: Network, plan: Plan) -> tuple[Tensor, Tensor] | None:
    """Weights (K, F) and bias (K,) where the rest is one linear layer on all branches' spikes."""
    names = [name for name in plan.rest if not isinstance(network.node(name), Dropout)]
    outputs = tuple(branch.output for branch in plan.branches)
    kinds = [type(network.node(name)) for name in names]
    if kinds == [Concat, Linear] and network.inputs[names[0]] == outputs:
        linear = network.node(names[1])
    elif kinds == [Linear] and len(outputs) == 1:
        linear = network.node(names[0])
    else:
        return None
    if isinstance(linear, GridLinear):  # of averages, summed in float64 by the node itself
        return None
    assert isinstance(linear, Linear)
    return linear.weight.detach(), linear.bias.detach()
