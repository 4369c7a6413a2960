"""Networks whose sums do not round, so that every engine gives the very same spikes.

A float32 sum depends on the order of its terms, and engines differ in nothing else. If all weights
of a channel are multiples of 2^-k and no partial sum can exceed 2^(24 - k), every partial sum is a
float32 number, nothing rounds, and all orders agree: for any batch, thread count or machine. The
potential is updated by the same three operations everywhere (add, compare, subtract), so spikes
agree too. That needs no bound over time, and so the grid does not depend on T.

For spikes the bound of a partial sum is the larger of the sums of the positive and of the negative
weights, plus the bias. k is chosen as large as it allows, but at most 22: a potential of a few
thresholds is then exact too. Trained networks here get k = 17 to 18, a change of 4e-6 of
a threshold in a weight, about 1e-4 of its standard deviation.

Analog input (direct) has products of two fine numbers, and 24 bits would leave each about ten.
`GridConv1d` therefore adds up every tap's products in float64, where they are exact (vectors in
multiples of 2^-22, weights as fine as 53 bits allow), and rounds each tap's sum to the channel's
grid before the taps are added. The same holds for a layer after a mean over positions.
"""

from __future__ import annotations

import copy
from math import ceil, log2

import torch
from torch import Tensor, nn

from ..models.network import Network
from ..models.neurons.base import Neurons
from ..models.nodes.layers import Concat, Conv1d, Dropout, Linear
from ..models.snn import SpikingTextModel
from .plan import Plan, Unsupported, plan_of

MANTISSA = 24  # bits of a float32
FINEST = 22  # a grid no finer than 2^-22 keeps potentials up to 4 thresholds exact
INPUT_BITS = 22  # analog input is rounded to multiples of 2^-22


def grid_bits(weight: Tensor, bias: Tensor, slack: float = 0.0) -> Tensor:
    """Per channel the k for which weights and bias in multiples of 2^-k cannot round in a sum.

    No partial sum, in whatever order, is over 2^(24 - k).

    Args:
        weight: (C, n) in float64
        bias: (C,) in float64
        slack: how many multiples a sum may be larger than its weights say

    Returns:
        (C,) float64 whole numbers, at most 22. Negative ones mean a grid coarser than thresholds.
    """
    bits = torch.full_like(bias, float(FINEST))
    while True:
        scale = torch.exp2(bits)
        rounded = (weight * scale[:, None]).round()
        sides = torch.stack([rounded.clamp(min=0).sum(1), (-rounded).clamp(min=0).sum(1)])
        units = sides.amax(dim=0) + (bias * scale).round().abs() + slack  # exact in float64
        over = torch.log2(units.clamp(min=1.0) / 2.0**MANTISSA)
        if bool((over <= 0).all()):
            return bits
        bits = bits - over.clamp(min=0).ceil()


def round_layer(layer: Conv1d | Linear) -> None:
    """Round a layer's weights and biases, in place, to the finest grid of each channel."""
    weight = layer.weight.detach().double()
    bits = grid_bits(weight.flatten(1), layer.bias.detach().double())
    scale = torch.exp2(bits)  # (C,)
    wide = scale.reshape(-1, *[1] * (weight.dim() - 1))
    layer.weight.data = ((weight * wide).round() / wide).float()
    layer.bias.data = ((layer.bias.detach().double() * scale).round() / scale).float()


class GridSums(nn.Module):
    """Exact sums of products of analog inputs: what a layer on a grid needs beside its weights."""

    scale: Tensor  # (C,) float64, 2^k of each channel
    exact: Tensor  # the weights in float64, rounded so that sums of products are exact
    coarse_bits: int  # with input in multiples of 2^-coarse_bits float32 sums are exact too

    def fit(self, layer: Conv1d | Linear, taps: int) -> None:
        """Take over ``layer``'s weights and biases, on the grid that its ``taps`` sums need."""
        weight, bias = layer.weight.detach().double(), layer.bias.detach().double()
        flat = weight.flatten(1).abs()  # analog inputs have either sign
        scale = torch.exp2(grid_bits(flat, bias, slack=taps))
        largest = max(float(flat.sum(1).max()), 2.0**-FINEST)
        fine = 2.0 ** (52 - INPUT_BITS - ceil(log2(largest)))  # sums below 2^52 units: exact
        self.register_buffer("scale", scale, persistent=False)
        self.register_buffer("exact", (weight * fine).round() / fine, persistent=False)
        whole = (self.exact * fine).abs().to(torch.int64)
        lowest = whole & -whole  # the largest power of two that divides a weight
        fraction = log2(fine) - log2(int(lowest[lowest > 0].min())) if whole.any() else 0
        self.coarse_bits = int(torch.log2(scale.min()) - fraction)
        self.weight = nn.Parameter(self.exact.float())
        self.bias = nn.Parameter(((bias * scale).round() / scale).float())

    def rounded(self, values: Tensor) -> Tensor:
        """Analog input in multiples of 2^-22, float64."""
        return (values.double() * 2.0**INPUT_BITS).round() / 2.0**INPUT_BITS

    def to_grid(self, sums: Tensor) -> Tensor:
        """Exact sums (..., C) rounded to the channels' grids, float32."""
        return ((sums * self.scale).round() / self.scale).float()


class GridConv1d(Conv1d, GridSums):
    """A convolution of analog input whose currents do not depend on the order of summation."""

    @classmethod
    def of(cls, conv: Conv1d) -> GridConv1d:
        """The same convolution with exact sums."""
        node = cls(conv.inputs, conv.channels, conv.width, conv.padding)
        node.fit(conv, conv.width)
        return node

    def tap(self, j: int) -> Tensor:
        """Weights (C, D) of tap j in float64."""
        return self.exact[:, :, j]

    def convolve(self, values: Tensor) -> Tensor:
        """(N, D, L) -> (N, C, L - k + 1), tap after tap."""
        rows = self.rounded(values).transpose(1, 2)  # (N, L, D)
        windows = values.shape[-1] - self.width + 1
        out = self.bias.detach()
        for j in range(self.width):
            out = out + self.to_grid(rows[:, j : j + windows] @ self.tap(j).T)  # (N, windows, C)
        return out.transpose(1, 2)


class GridLinear(Linear, GridSums):
    """A linear layer on averages or analog input; its currents depend on no order of summation."""

    @classmethod
    def of(cls, linear: Linear) -> GridLinear:
        """The same layer with exact sums."""
        node = cls(linear.inputs, linear.outputs)
        node.fit(linear, 1)
        return node

    def affine(self, values: Tensor) -> Tensor:
        """(..., F) -> (..., K)."""
        sums = self.rounded(values) @ self.exact.T  # (..., K)
        return self.to_grid(sums) + self.bias


@torch.no_grad()
def on_grid(model: SpikingTextModel) -> SpikingTextModel:
    """A copy of ``model`` on a grid; it shares the word vectors.

    Weights on a grid stay as they are. The first layer is put on a grid, and so are the linear
    layers after the pooling: those that feed neurons for their spikes, and the readout so that a
    text's logits are the same bits whatever texts stand beside it.

    Raises:
        Unsupported: the network has no front of convolutions on words (see `plan.py`), and does not
            read vectors either; of one that does every linear layer is put on a grid.
    """
    if type(model) is not SpikingTextModel:
        raise Unsupported(f"{type(model).__name__} runs its network more than once for an answer")
    network = copy.deepcopy(model.network)
    plan = Plan((), tuple(network.inputs)) if model.reads_vectors else plan_of(network)
    for branch in plan.branches:
        conv = network.node(branch.conv)
        assert isinstance(conv, Conv1d)
        if model.encoder.spiking:
            round_layer(conv)
        else:
            network.nodes[branch.conv] = GridConv1d.of(conv)
    for name in plan.rest:
        layer = network.node(name)
        if isinstance(layer, Linear):
            if _graded(network, plan, name, not model.encoder.spiking):
                network.nodes[name] = GridLinear.of(layer)
            else:
                round_layer(layer)
    copied = SpikingTextModel(model.table, model.encoder, network, model.steps)
    return copied.train(model.training)


def _graded(network: Network, plan: Plan, name: str, analog: bool) -> bool:
    """Whether something other than spikes reaches a layer of the rest; input may be ``analog``."""
    averages = {branch.output for branch in plan.branches if branch.rule == "mean"}
    spikes = {branch.output for branch in plan.branches} - averages
    for source in network.inputs[name]:
        if source == "input":
            if analog:
                return True
            continue
        node = network.node(source)
        if source in spikes or isinstance(node, Neurons):
            continue
        if not isinstance(node, Concat | Dropout) or _graded(network, plan, source, analog):
            return True
    return False
