"""Training on a GPU: pooled spikes with gradients for the filters, by recomputing them.

The two large matrix products of a training step (words times filters, and words times gradients)
are torch's; what lies between them is `kernels.py` and `engine/training/kernels.py`. The
pieces of a branch's channels are handled one after the other, and the texts of a piece in groups,
so that tables, potentials and gradients take at most a few times `PIECE_BYTES`, whatever the batch
and T. Gradients are sums in a fixed order, so two runs agree to the last bit.

The results are those of the reference with spikingjelly's neurons (`models/spikingjelly.py`): the
surrogates are theirs, the reset is not detached, and a maximum shares its gradient evenly among all
windows that attain it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ...models.nodes.layers import Conv1d
from ...models.snn import SpikingTextModel
from ..exact_sums import exact_sums
from ..plan import Unsupported, run_rest, word_plan
from ..training.surrogate import Surrogate
from .backward import KERNELS, PieceGradient, attained
from .front import (
    FrontBranch,
    front_branches,
    import_kernels,
    joined,
    launch_front,
    with_whole_lines,
)
from .words import TextWords, text_words

PIECE_BYTES = 1 << 30


class TritonTraining:
    """A model's output currents with gradients, by the kernels of this engine.

    Call it inside ``surrogate.neurons(network)``, which the layers after the front need.

    Args:
        model: the SNN, on its device; its word vectors are not trained
        surrogate: of the backward pass
        piece_bytes: the most bytes of one piece's table, and of its gradient

    Raises:
        Unsupported: the network does not begin as the front does,
            or the backward pass is not exact.
        SnnConvertError: triton is not installed.
    """

    fused = False  # no threads of this process do the work

    def __init__(
        self, model: SpikingTextModel, surrogate: Surrogate, piece_bytes: int = PIECE_BYTES
    ) -> None:
        import_kernels(KERNELS)
        if surrogate.backward != "exact":
            other = surrogate.backward
            raise Unsupported(f"the GPU kernels train with exact gradients, not those of {other}")
        if 0 < surrogate.truncate < model.steps:
            raise Unsupported("the GPU kernels go back through all steps, and do not truncate")
        if not surrogate.in_kernels:
            raise Unsupported(f"the GPU kernels do not have the surrogate {surrogate.name}")
        self.model, self.surrogate, self.piece_bytes = model, surrogate, piece_bytes
        self.plan = word_plan(model)

    def __call__(
        self, ids: Tensor, lengths: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Output currents (T, B, K) of padded ids (B, L)."""
        pooled = {}
        with torch.cuda.device_of(ids):  # triton launches on the current GPU
            words = text_words(self.model, ids, lengths, generator)
            for branch in front_branches(self.model.network, self.plan):
                conv = self.model.network.node(branch.branch.conv)
                assert isinstance(conv, Conv1d)
                spikes = _Pooled.apply(self, branch, words, conv.weight, conv.bias)
                pooled[branch.branch.output] = spikes
        return run_rest(self.model.network, self.plan, pooled)

    def pieces(self, branch: FrontBranch, words: TextWords) -> Iterator[tuple[slice, FrontBranch]]:
        """The channels of ``branch`` in parts that each fit `piece_bytes`, as branches."""
        shape = branch.branch
        frames, rows, _ = words.frames.shape
        texts, positions = words.texts.tokens.shape
        table = frames * max(rows, 1) * shape.width
        gradient = frames * texts * (positions + sum(shape.padding) + 1)
        count = math.ceil(4 * shape.channels * max(table, gradient, 1) / self.piece_bytes)
        size = math.ceil(shape.channels / min(count, shape.channels))
        for start in range(0, shape.channels, size):
            part = slice(start, min(start + size, shape.channels))
            yield (
                part,
                FrontBranch(
                    replace(shape, channels=part.stop - start),
                    0,  # every piece has a table of its own
                    branch.bias[part].contiguous(),
                    branch.initial[part].contiguous(),
                    branch.soft_reset,
                ),
            )


def piece_table(words: TextWords, weight: Tensor) -> Tensor:
    """Projections (N, F, k * C) of the words through filters (C, D', k); rows are padded."""
    taps = with_whole_lines(weight.detach().permute(1, 2, 0).flatten(1))  # (D', k * C and some)
    with exact_sums():
        return torch.matmul(words.frames, taps).transpose(0, 1)


class _Pooled(torch.autograd.Function):
    """Pooled spikes (T, B, C) of a branch, with gradients for its weight and bias."""

    @staticmethod
    def forward(
        ctx: Any,
        training: TritonTraining,
        branch: FrontBranch,
        words: TextWords,
        weight: Tensor,
        bias: Tensor,
    ) -> Tensor:
        """Project, gather, integrate, fire and pool, piece by piece."""
        ctx.training, ctx.branch, ctx.words, ctx.parts = training, branch, words, []
        spikes = []
        pieces = list(training.pieces(branch, words))
        for part, piece in pieces:
            table = piece_table(words, weight[part])
            tied = piece.branch.rule in ("counts", "currents")
            parts, ties = launch_front(table, words.texts, words.order, piece, tied)
            spikes.append(joined(parts, words.texts, piece, words.order))
            # a single piece's table is kept: it is bounded, and saves a product
            kept = table if len(pieces) == 1 else None
            ctx.parts.append((kept, *attained(parts, ties, piece)))
        ctx.save_for_backward(weight)
        return torch.cat(spikes, dim=2)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Run the windows again, back through time, and sum up word by word."""
        (weight,) = ctx.saved_tensors
        words: TextWords = ctx.words
        weights, biases = torch.empty_like(weight), weight.new_empty(len(weight))
        for part, piece in ctx.training.pieces(ctx.branch, words):
            table, marks, many = ctx.parts.pop(0)
            if table is None:
                table = piece_table(words, weight[part])
            surrogate, most = ctx.training.surrogate, ctx.training.piece_bytes
            back = PieceGradient(surrogate, most, words, piece, table)
            given = gradients[0][:, :, part].contiguous()
            currents = back.currents(given, marks, many)  # (F, B, windows, C)
            biases[part] = currents.sum(dim=(0, 1, 2))
            weights[part] = back.weights(currents)
        return None, None, None, weights, biases
