"""A token encoder run with little memory, the same spikes and gradients as its nodes give."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import cast

import torch
from torch import Tensor

from ...models.divided import uniform
from ...models.network import Network, Node
from ...models.neurons.direct.bpsn import bpsn_kernel
from ...models.neurons.direct.lif import TrainedLIF
from ...models.neurons.direct.node import BPSN
from ...models.nodes.layers import Dropout, Linear
from ...models.nodes.merge import Add
from ...models.nodes.pooling import MeanOverTime
from ...models.nodes.tokens.attention import SpikeAttention
from ...models.nodes.tokens.linear import TokenLinear
from ...models.nodes.tokens.norm import TokenBatchNorm
from ...models.nodes.tokens.positions import (
    AddPlaces,
    AddPositions,
    MeanOverSteps,
    ShowAgain,
    second_text,
)
from ..plan import Unsupported
from .functions import NormAdd, Positional, Shown, attention, spike_linear
from .norms import Moments, Norming, moments_of
from .packing import Packing
from .words import Words, word_linear

KNOWN = (
    *(TokenLinear, TokenBatchNorm, AddPositions, AddPlaces, BPSN, TrainedLIF, SpikeAttention),
    *(Dropout, Add, ShowAgain, MeanOverTime, MeanOverSteps, Linear),
)


def check_lean(network: Network) -> None:
    """Refuse what `LeanRun` does not run.

    Raises:
        Unsupported: names the node.
    """
    for name in network.inputs:
        node = network.node(name)
        if type(node) not in KNOWN:
            raise Unsupported(f"{name} is a {type(node).__name__}")
        if isinstance(node, BPSN) and (node.passes or node.groups > 1):
            raise Unsupported(f"{name} has a reset or groups of decays")
        if isinstance(node, SpikeAttention) and node.softmax:
            raise Unsupported(f"{name} has a softmax")
        if isinstance(node, TokenLinear) and node.bias:
            raise Unsupported(f"{name} has a bias")


@dataclass
class Branch:
    """A normalised value, with dropout, that whoever reads it may work out by itself.

    Neurons do, and keep nothing of their own then.
    """

    values: Tensor
    norm: TokenBatchNorm
    norming: Norming
    _value: Tensor | None = None

    def value(self) -> Tensor:
        """The normalised value itself, made once."""
        if self._value is None:
            self._value = normed(self)
        return self._value

    def shown(self, steps: int) -> Branch:
        """The same at each of T steps."""

        def again(x: Tensor) -> Tensor:
            return x.expand(steps, *x.shape)

        keep = self.norming.keep
        norming = self.norming if keep is None else replace(self.norming, keep=again(keep))
        return Branch(again(self.values), self.norm, norming, again(self.value()))


Value = Tensor | Branch
"""What goes from node to node."""


@dataclass
class LeanRun:
    """One batch through a token encoder; see `check_lean` for which.

    network: its nodes, whose parameters get gradients
    lengths: (B,), one of them at least 1
    share: once it has run, the share of synapses that carry a spike (`models.spike_share`)
    """

    network: Network
    lengths: Tensor
    share: Tensor | None = None
    packing: Packing = field(init=False)
    _words: Words = field(init=False)
    _carried: list[Tensor] = field(default_factory=list)
    _there: float = 0.0

    def __call__(self, words: Words) -> Tensor:
        """Logits (B, K) of the words of B texts, of which padding is not read."""
        self.packing, self._words = Packing(self.lengths, words.ids.shape[1]), words
        ids = self.packing.packed(words.ids.T.unsqueeze(-1)).squeeze(-1)  # (N,)
        values: dict[str, Value] = {"input": ids}
        left = {name: len(self.network.consumers(name)) for name in (*self.network.inputs, "input")}
        for name, inputs in self.network.inputs.items():
            values[name] = self._run(self.network.node(name), [values[i] for i in inputs])
            for source in inputs:
                left[source] -= 1
                if not left[source]:
                    del values[source]  # or autograd is not the only one that keeps it
        self.share = torch.stack(self._carried).sum() / max(self._there, 1.0)
        return cast(Tensor, values[self.network.output])

    def _run(self, node: Node, inputs: list[Value]) -> Value:
        first = inputs[0]
        if isinstance(node, TokenBatchNorm):
            assert isinstance(first, Tensor)
            return self._norm(node, first)
        if isinstance(node, ShowAgain) and isinstance(first, Branch):
            return first.shown(node.steps)
        if isinstance(node, Dropout):
            return self._dropout(node, first)
        if isinstance(node, BPSN | TrainedLIF):
            return self._fire(node, first)
        if isinstance(node, Add):
            return self._add(*(inputs if isinstance(inputs[1], Branch) else inputs[::-1]))
        return self._plain(node, worked_out(first))

    def _plain(self, node: Node, x: Tensor) -> Tensor:
        """Nodes that read one tensor and keep little."""
        if isinstance(node, TokenLinear):
            if node.clears:
                return word_linear(x, node.weight, self._words.look_up)
            self._count(x, float(node.outputs))
            return spike_linear(x, node.weight)
        if isinstance(node, SpikeAttention):
            self._count_pairs(x)
            return attention(x, node.heads, self.packing)
        if isinstance(node, AddPositions):
            at = self.packing.positions.clamp(max=node.positions - 1)
            placed = x + node.table[at]
            if isinstance(node, AddPlaces):
                ends = self._words.last_components() > 0  # (B, L)
                of = second_text(ends).T.unsqueeze(-1)  # (L, B, 1)
                placed = placed + node.texts[self.packing.packed(of).squeeze(-1)]
            return placed
        if isinstance(node, ShowAgain):
            return x.expand(node.steps, *x.shape)
        if isinstance(node, MeanOverTime):
            return self._mean(x)
        if isinstance(node, MeanOverSteps):
            return x.mean(dim=0)
        assert isinstance(node, Linear)
        return node.affine(x)

    def _norm(self, node: TokenBatchNorm, x: Tensor) -> Branch:
        with torch.no_grad():
            if node.training:
                moments = moments_of(x, node.eps)
                node.follow(moments.mean, moments.variance, x.shape[:-1].numel())
            else:
                rate = torch.rsqrt(node.running_var + node.eps)
                moments = Moments(node.running_mean, rate, node.running_var)
        return Branch(x, node, Norming(moments))

    def _dropout(self, node: Dropout, x: Value) -> Value:
        if not node.training or node.probability == 0:
            return x
        values = x.values if isinstance(x, Branch) else x
        shape = (*values.shape[:-2], len(self.lengths), values.shape[-1], self.packing.width)
        draws = uniform(shape, node.generator, -3).movedim(-1, -3)  # as the node draws them
        keep = self.packing.packed(draws >= node.probability)  # (..., N, C), bytes
        factor = 1 / (1 - node.probability)
        if isinstance(x, Branch):
            return Branch(x.values, x.norm, replace(x.norming, keep=keep, factor=factor))
        return x * keep * factor

    def _fire(self, node: BPSN | TrainedLIF, x: Value) -> Tensor:
        weight = bias = norming = None
        if isinstance(x, Branch):
            weight, bias, norming, x = x.norm.weight, x.norm.bias, x.norming, x.values
        if isinstance(node, TrainedLIF):
            found = Shown.apply(x, weight, bias, node.threshold, node.leak, norming)
            return cast(Tensor, found)
        kernel = bpsn_kernel(node.parameters_now(), self.packing.width)[0]  # (L, L)
        found = Positional.apply(x, weight, bias, kernel, node.threshold, self.packing, norming)
        return cast(Tensor, found)

    def _add(self, stream: Value, branch: Value) -> Tensor:
        if not isinstance(branch, Branch):
            return worked_out(stream) + worked_out(branch)
        return normed(branch, worked_out(stream))

    def _mean(self, x: Tensor) -> Tensor:
        """(..., N, C) -> (..., B, C)."""
        shape = (*x.shape[:-2], len(self.lengths), x.shape[-1])
        total = x.new_zeros(shape).index_add(-2, self.packing.texts, x)
        return total / self.lengths.clamp(min=1)[:, None]

    def _count(self, spikes: Tensor, outputs: float) -> None:
        self._carried.append(spikes.sum() * outputs)
        self._there += spikes.numel() * outputs

    def _count_pairs(self, spikes: Tensor) -> None:
        """Queries, keys and values reach as many positions as their text has."""
        lengths = self.lengths[self.packing.texts].to(spikes.dtype)  # (N,)
        self._carried.append((spikes.sum(dim=-1) * lengths).sum())
        self._there += float(lengths.sum()) * spikes.shape[-1] * spikes.shape[:-2].numel()


def normed(branch: Branch, stream: Tensor | None = None) -> Tensor:
    """The branch, added to a stream where there is one."""
    norm = branch.norm
    found = NormAdd.apply(stream, branch.values, norm.weight, norm.bias, branch.norming)
    return cast(Tensor, found)


def worked_out(x: Value) -> Tensor:
    """The values themselves."""
    return x if isinstance(x, Tensor) else x.value()
