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
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ...models.encoders.encoder import Encoder
from ...models.nodes.layers import Conv1d
from ...models.snn import SpikingTextModel
from ..exact_sums import exact_sums
from ..frames import TokenFrames, position_frames, token_frames
from ..plan import Unsupported, plan_of, run_rest
from ..training.fast import Surrogate
from .front import (
    FrontBranch,
    Texts,
    Tile,
    front_branches,
    import_kernels,
    joined,
    launch_front,
)

PIECE_BYTES = 1 << 30
KERNELS = "training_kernels"


@dataclass(frozen=True)
class TextWords:
    """A batch as the front reads it.

    frames: (F, N, D') of N distinct words (of positions, where the code is drawn at random)
    order: (T,) int32, the frame of each step
    texts: rows (B, L) of the words, and lengths
    entries: int32, positions b * L + l of all words, sorted by row
    starts: (N + 1,) int32, where each row's entries start
    """

    frames: Tensor
    order: Tensor
    texts: Texts
    entries: Tensor
    starts: Tensor

    @classmethod
    def of(cls, found: TokenFrames, rows: Tensor, lengths: Tensor) -> TextWords:
        """The batch of ``rows`` (B, L) with ``lengths`` (B,), all on one device."""
        positions = torch.arange(rows.shape[1], device=rows.device)
        flat = (positions < lengths[:, None]).flatten().nonzero().squeeze(1)  # of real words
        ordered, places = torch.sort(rows.flatten()[flat], stable=True)
        numbers = torch.arange(found.values.shape[1] + 1, device=rows.device)
        starts = torch.searchsorted(ordered, numbers)
        order = torch.tensor(found.order, dtype=torch.int32, device=rows.device)
        frames = found.values.contiguous()
        return cls(frames, order, Texts.of(rows, lengths), flat[places].int(), starts.int())


def text_words(
    model: SpikingTextModel, ids: Tensor, lengths: Tensor, generator: torch.Generator | None = None
) -> TextWords:
    """The distinct words of padded ids (B, L), their frames, and where they stand."""
    encoder = model.encoder
    assert isinstance(encoder, Encoder)
    if encoder.stochastic:
        x = model.embed(ids)  # (B, D, L)
        found = position_frames(encoder, x, lengths, model.steps, generator)
        rows = torch.arange(ids.numel(), device=ids.device).reshape(ids.shape)
    else:
        words, rows = ids.unique(return_inverse=True)
        found = token_frames(encoder, model.embedding(words), model.steps)
    return TextWords.of(found, rows, lengths)


class TritonTraining:
    """A model's output currents with gradients, by the kernels of this engine.

    Call it inside ``surrogate.neurons(network)``, which the layers after the front need.

    Args:
        model: the SNN, on its device; its word vectors are not trained
        surrogate: of the backward pass
        piece_bytes: the most bytes of one piece's table, and of its gradient

    Raises:
        Unsupported: the network does not begin as the front does, or the backward pass is by rates.
        SnnConvertError: triton is not installed.
    """

    def __init__(
        self, model: SpikingTextModel, surrogate: Surrogate, piece_bytes: int = PIECE_BYTES
    ) -> None:
        import_kernels(KERNELS)
        if surrogate.backward != "exact":
            raise Unsupported("the GPU kernels train with exact gradients, not with those of rates")
        self.model, self.surrogate, self.piece_bytes = model, surrogate, piece_bytes
        self.plan = plan_of(model.network)

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
    """Projections (N, F, k * C) of the words through filters (C, D', k)."""
    taps = weight.detach().permute(1, 2, 0).flatten(1)  # (D', k * C)
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
            given = gradients[0][:, :, part].contiguous()
            currents = current_gradient(ctx.training, table, words, piece, given, marks, many)
            del table
            biases[part] = currents.sum(dim=(0, 1, 2))
            sums = word_sums(currents, words, piece)  # (F, N, k * C)
            frames = words.frames
            if len(sums) != len(frames):  # written for every step, not for every frame
                frames = frames[words.order]
            with exact_sums():
                product = frames.flatten(0, 1).t() @ sums.flatten(0, 1)  # (D', k * C)
            shape = piece.branch
            product = product.unflatten(1, (shape.width, shape.channels))
            weights[part] = product.permute(2, 0, 1)
        return None, None, None, weights, biases


def attained(parts: Tensor, ties: Tensor, branch: FrontBranch) -> tuple[Tensor, Tensor]:
    """What the backward pass needs of the parts (tiles, T, B, C): marks, and how many share each.

    spikes and mean: how many windows spike, twice. counts and currents: the maximum and how many
    windows attain it. gated: the gate's window, twice.
    """
    rule = branch.branch.rule
    if rule in ("spikes", "mean"):
        count = parts.sum(dim=0, dtype=torch.int32)
        return count, count
    largest = parts.amax(dim=0)
    if rule == "gated":
        window = (2**31 - 1 - ((largest >> 1) & (2**31 - 1))).int()
        return window, window
    # a tile counts the windows that attain its own maximum, which may lie below the text's
    return largest, (ties * (parts == largest)).sum(dim=0, dtype=torch.int32)


def shared(
    given: Tensor, marks: Tensor, many: Tensor, words: TextWords, piece: FrontBranch
) -> Tensor:
    """The share (T, B, C) of the pooled gradient ``given`` that each sharing window gets."""
    rule = piece.branch.rule
    windows = piece.windows(words.texts.lengths)[:, None]  # (B, 1)
    if rule == "spikes":  # where no window spikes, all attain the maximum
        return given / torch.where(marks > 0, marks, windows)
    if rule == "mean":
        return given / windows
    if rule == "counts":  # M(t) - M(t-1) is passed on, so M(t) counts at t and against t + 1
        later = torch.cat([given[1:], torch.zeros_like(given[:1])])
        return (given - later) / many
    return given


def current_gradient(
    training: TritonTraining,
    table: Tensor,
    words: TextWords,
    piece: FrontBranch,
    given: Tensor,
    marks: Tensor,
    many: Tensor,
) -> Tensor:
    """The gradient for the currents (F, B, windows, C) of one piece, from its pooled spikes'.

    F counts frames; where a table has so many frames that they are not held in registers, it counts
    steps.
    """
    kernels = import_kernels(KERNELS)
    rule, order = piece.branch.rule, words.order
    constants = training.surrogate.constants()
    frames = table.shape[1]
    if rule == "currents":
        share = _through_neurons(training, piece, marks[order], given, words, frames) / many
        order = torch.arange(frames, dtype=torch.int32, device=table.device)
    else:
        share = shared(given, marks, many, words, piece)
    share, marks = share.contiguous(), marks.contiguous()
    tile = Tile.of(words.texts, piece, frames, most=16)
    count, positions = words.texts.tokens.shape
    steps, channels = len(order), piece.branch.channels
    rows = frames if rule == "currents" or tile.constants["frames"] else steps
    out = table.new_empty(rows, count, tile.longest, channels)
    per_text = 4 * steps * tile.longest * channels
    group = max(1, min(count, training.piece_bytes // max(per_text, 1)))
    size = 0 if rule == "currents" else steps * group * tile.longest * channels
    scratch = table.new_empty(size)
    for first in range(0, count, group):
        here = min(group, count - first)
        kernels.backward_kernel[(here, *tile.grid[1:])](
            table,
            words.texts.tokens,
            words.texts.lengths,
            piece.bias,
            piece.initial,
            order,
            scratch,
            share,
            marks,
            out,
            first,
            here,
            count,
            positions,
            tile.longest,
            steps,
            *piece.branch.padding,
            table.stride(0),
            table.stride(1),
            constants["height"],
            constants["scale"],
            constants["edge"],
            rule=rule,
            slope=training.surrogate.name,
            **tile.constants,
        )
    return out


def _through_neurons(
    training: TritonTraining,
    piece: FrontBranch,
    currents: Tensor,
    given: Tensor,
    words: TextWords,
    frames: int,
) -> Tensor:
    """The gradient (F, B, C) for pooled currents, from that for the spikes (T, B, C) they make."""
    kernels = import_kernels(KERNELS)
    gradient = torch.empty_like(currents)
    constants = training.surrogate.constants()
    neurons, block = currents[0].numel(), 256
    if neurons:
        kernels.fire_backward_kernel[(-(-neurons // block),)](
            currents,
            piece.initial,
            given,
            gradient,
            len(currents),
            neurons,
            constants["height"],
            constants["scale"],
            constants["edge"],
            channels=piece.branch.channels,
            soft=piece.soft_reset,
            slope=training.surrogate.name,
            block=block,
        )
    # one product instead of an indexed addition, whose order of terms a GPU does not fix
    numbers = torch.arange(frames, device=given.device)
    sends = (words.order == numbers[:, None]).to(gradient.dtype)  # (F, T)
    with exact_sums():
        return torch.tensordot(sends, gradient, dims=1)


def word_sums(currents: Tensor, words: TextWords, piece: FrontBranch) -> Tensor:
    """The gradient (F, N, k * C) for the table, from that for the currents (F, B, windows, C)."""
    kernels = import_kernels(KERNELS)
    frames, texts, longest, channels = currents.shape
    width, number = piece.branch.width, len(words.starts) - 1
    sums = currents.new_empty(frames, number, width * channels)
    block = 32
    grid = (number, frames, width * -(-channels // block))
    if sums.numel():
        kernels.segment_kernel[grid](
            currents,
            words.entries,
            words.starts,
            words.texts.lengths,
            sums,
            texts,
            words.texts.tokens.shape[1],
            longest,
            number,
            *piece.branch.padding,
            channels=channels,
            width=width,
            block_e=8,
            block_c=block,
        )
    return sums
