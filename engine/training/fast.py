"""Training of a spiking text network without a convolution: words are projected once, not by place.

A word's frames are the same wherever it stands, so one matrix product projects the batch's distinct
words through all filter taps, and a window's current is a sum of a few rows. Backward the
gradients of all places where a word stands are summed first, and one product per group of channels
makes weight gradients of them. Between the two lie the kernels of `kernels.py`, which
compute potentials twice rather than store them. After the front, autograd goes on as usual.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ...models.network import Network, Signal
from ...models.nodes.layers import Concat
from ...models.snn import SpikingTextModel
from ..plan import Plan, Unsupported, run_rest, word_plan
from .front import Front
from .online.streamed import streamed, streams
from .surrogate import Surrogate
from .words import Words, fused, words_of

__all__ = ["FastTraining", "Surrogate", "Words", "words_of"]


class FastTraining:
    """A model's output currents with gradients, by the fast front.

    Its results are those of ``model.network`` with the same neurons; call it inside
    ``surrogate.neurons(network)``, which the layers after the front need.

    Args:
        model: the SNN; its word vectors are not trained
        surrogate: of the backward pass
        kernels: use numba where it is (and weights are float32); torch alone gives the same results

    Raises:
        Unsupported: the network does not begin as the front does; the message says why.
    """

    def __init__(self, model: SpikingTextModel, surrogate: Surrogate, kernels: bool = True) -> None:
        if kernels and not surrogate.in_kernels:
            raise Unsupported(f"its kernels do not have the surrogate {surrogate.name}")
        self.model, self.kernels = model, kernels
        self.plan = word_plan(model)
        self.front = Front(model.network, self.plan, surrogate, kernels)
        self.joined = _joined(model.network, self.plan)
        self.rest_nodes = [model.network.node(name) for name in self.plan.rest]

    @property
    def fused(self) -> bool:
        """Whether kernels run the front.

        They have their own threads, and what torch is left with is small. A step inside
        `threads.torch_on_one_thread` is then the same bits for any number of threads, no slower.
        """
        return self.kernels and fused(self.model.dtype)

    @property
    def records(self) -> bool:
        """Whether it has what layers behind neurons read: not the spikes that a mean reads."""
        return all(branch.rule != "mean" for branch in self.plan.branches)

    def __call__(
        self,
        ids: Tensor,
        lengths: Tensor,
        generator: torch.Generator | None = None,
        record: dict[str, Signal] | None = None,
    ) -> Tensor:
        """Output currents (T, B, K) of padded ids (B, L)."""
        if record is None and streams(self):
            return streamed(self, ids, lengths, generator)
        words = words_of(self.model, ids, lengths, generator, self.kernels)
        return self.rest(self.front(words), record)

    def rest(self, pooled: Tensor, record: dict[str, Signal] | None = None) -> Tensor:
        """Output currents (T, B, K) of the pooled spikes (T, B, C) of all branches.

        ``record`` is filled with the signals from there on.
        """
        if self.joined is not None and record is None:
            whole = {self.joined.branches[0].output: pooled}
            return run_rest(self.model.network, self.joined, whole)
        parts = pooled.split([branch.channels for branch in self.plan.branches], dim=2)
        named = {b.output: part for b, part in zip(self.plan.branches, parts, strict=True)}
        return run_rest(self.model.network, self.plan, named, record=record)


def _joined(network: Network, plan: Plan) -> Plan | None:
    """The plan after a concatenation of all branches, which the front makes without a copy."""
    outputs = tuple(branch.output for branch in plan.branches)
    for name in plan.rest[:1]:
        alone = all(network.consumers(output) == [name] for output in outputs)
        if isinstance(network.node(name), Concat) and network.inputs[name] == outputs and alone:
            return Plan((replace(plan.branches[0], output=name),), plan.rest[1:])
    return None
