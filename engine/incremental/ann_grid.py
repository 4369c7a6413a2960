"""An ANN on a grid: convolutions in which no order of summation matters, and rows added up alone.

Convolutions are put on a grid as those of analog spiking input are (`grid.py`), and the layers
after the pooling add up every text by itself, so a text has the same bits in any company.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from ...models.network import Network
from ...models.nodes.activations import Activation
from ...models.nodes.layers import Concat, Conv1d, Dropout, Linear
from ...models.nodes.pooling import MaxOverTime
from ...models.text_model import TextModel
from ..grid import GridConv1d
from ..plan import Branch, Plan, Unsupported


class RowLinear(Linear):
    """A linear layer that adds up each row by itself, in float64, whatever the batch."""

    @classmethod
    def of(cls, linear: Linear) -> RowLinear:
        """The same layer."""
        node = cls(linear.inputs, linear.outputs)
        node.load_state_dict(linear.state_dict())
        return node

    def affine(self, values: Tensor) -> Tensor:
        """(N, F) -> (N, K)."""
        products = values.unsqueeze(-2).double() * self.weight.double()  # (N, K, F)
        return (products.sum(dim=-1) + self.bias.double()).float()


def ann_plan(network: Network, words: bool = True) -> Plan:
    """The branches ``input -> Conv1d [-> activation] -> MaxOverTime`` of an ANN, and the rest.

    Of a network that reads no ``words`` but one vector a text, all nodes are the rest.

    Raises:
        Unsupported: the network has other nodes.
    """
    readers = network.consumers("input") if words else []
    chains = [_chain(network, name) for name in readers]
    branches = tuple(_branch(network, chain) for chain in chains)
    front = {name for chain in chains for name in chain}
    rest = tuple(name for name in network.inputs if name not in front)
    for name in rest:
        if not isinstance(network.node(name), Activation | Concat | Dropout | Linear):
            raise Unsupported(f"{name} is {type(network.node(name)).__name__}")
    return Plan(branches, rest)


def _chain(network: Network, name: str) -> list[str]:
    """The nodes from ``name`` to a maximum over all positions: two or three of them."""
    chain = [name]
    while not isinstance(network.node(chain[-1]), MaxOverTime):
        readers = network.consumers(chain[-1])
        if len(readers) != 1 or len(chain) > 2:
            raise Unsupported(f"{name} does not end in one maximum over all positions")
        chain.append(readers[0])
    return chain


def _branch(network: Network, chain: list[str]) -> Branch:
    """The branch of such nodes; without an activation, the maximum stands in its place."""
    conv = network.node(chain[0])
    between = [network.node(name) for name in chain[1:-1]]
    if not isinstance(conv, Conv1d) or not all(isinstance(n, Activation) for n in between):
        raise Unsupported(f"{chain[0]} is no convolution with an activation and a maximum")
    return Branch(
        conv=chain[0],
        neurons=chain[1],
        pool=chain[-1],
        rule="largest",
        output=chain[-1],
        width=conv.width,
        channels=conv.channels,
        padding=conv.padding,
    )


@torch.no_grad()
def ann_on_grid(model: TextModel) -> TextModel:
    """A copy of ``model`` whose logits are the same bits in any batch; it shares the word vectors.

    Raises:
        Unsupported: see :func:`ann_plan`.
    """
    network = copy.deepcopy(model.network)
    plan = ann_plan(network, words=not model.reads_vectors)
    for branch in plan.branches:
        conv = network.node(branch.conv)
        assert isinstance(conv, Conv1d)
        network.nodes[branch.conv] = GridConv1d.of(conv)
    for name in plan.rest:
        layer = network.node(name)
        if isinstance(layer, Linear):
            network.nodes[name] = RowLinear.of(layer)
    return TextModel(model.table, network).eval()
