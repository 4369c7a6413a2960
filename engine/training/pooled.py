"""Pooled spikes by the kernels, with gradients for weights and biases, as autograd sees them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..compiled.layer import CURRENTS
from ..threads import in_parts
from .pieces import Part, TrainedBranch, block_of, few_frames, parts_of
from .surrogate import Surrogate
from .words import Words, project, weight_gradient

# All tables that are kept for the backward pass hold at most this many bytes; tables beyond that
# are computed again. Where a few frames serve many steps that is cheap, so none is kept.
KEPT_BYTES = 1 << 28


class Pooled(torch.autograd.Function):
    """Pooled spikes (T, B, C) of all branches side by side."""

    @staticmethod
    def forward(
        ctx: Any,
        branches: Sequence[TrainedBranch],
        surrogate: Surrogate,
        words: Words,
        *parameters: Tensor,
    ) -> Tensor:
        """Project, gather, integrate, fire and pool, piece by piece.

        parameters: weight and bias of every branch
        """
        channels = sum(trained.branch.channels for trained in branches)
        shape = len(words.order), len(words.rows), channels
        pooled = torch.empty(shape, dtype=words.dtype)
        ctx.branches, ctx.surrogate, ctx.words, ctx.kept = branches, surrogate, words, []
        kept, most = 0, 0 if few_frames(words) else KEPT_BYTES
        for part in parts_of(branches, surrogate, words):
            table = project(words, parameters[2 * part.number][part.channels])
            _forward(part, words, table, pooled)
            kept += table.nbytes
            ctx.kept.append(table if kept <= most else None)
        ctx.save_for_backward(*parameters)
        return pooled

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Compute the potentials again, and sum the gradients of every word before the weights'."""
        words, parameters = ctx.words, ctx.saved_tensors
        pooled = gradients[0].contiguous()
        made = [torch.empty_like(p) for p in parameters]
        buffer = pooled.new_empty(0)  # for one piece after the other: fresh memory costs its faults
        for part in parts_of(ctx.branches, ctx.surrogate, words):
            table = ctx.kept.pop(0) if ctx.kept else None
            if table is None:
                table = project(words, parameters[2 * part.number][part.channels])
            shape = _gradient_shape(part, table)
            if buffer.numel() < math.prod(shape):
                buffer = table.new_empty(math.prod(shape))
            gradient = buffer[: math.prod(shape)].view(shape).zero_()
            made[2 * part.number + 1][part.channels] = _backward(
                part, words, table, pooled, gradient
            )
            del table
            made[2 * part.number][part.channels] = filters_of(part, words, gradient, _by_mean(part))
        return (None, None, None, *made)


def _forward(part: Part, words: Words, table: Tensor, pooled: Tensor) -> None:
    """Fill the piece's columns of pooled (T, B, C)."""
    from .kernels import Batch, forward_block

    piece, out = part.piece, pooled.numpy()
    batch = Batch(table.numpy(), words.rows, part.windows)

    def run(start: int, stop: int) -> None:
        forward_block(batch, piece, start, stop, out)

    in_parts(len(piece.bias), run, block_of(piece, part.windows))


def _by_mean(part: Part) -> bool:
    """Whether the gradient is that of the mean frame alone."""
    from .kernels import DSR, RATE

    return part.piece.way in (RATE, DSR) and part.piece.rule != CURRENTS


def _gradient_shape(part: Part, table: Tensor) -> tuple[int, int, int]:
    """The shape of the gradient for a table (N, F, k*C): the same, or (N, 1, k*C)."""
    rows, frames, columns = table.shape
    return rows, 1 if _by_mean(part) else frames, columns


def _backward(part: Part, words: Words, table: Tensor, pooled: Tensor, gradient: Tensor) -> Tensor:
    """Add to the gradient of ``table``; returns the bias's (C,).

    pooled: (T, B, C), gradient for the pooled spikes
    """
    from .backward import Gradients, backward_block
    from .kernels import Batch

    piece, out = part.piece, pooled.numpy()
    batch = Batch(table.numpy(), words.rows, part.windows)
    gradients = Gradients(gradient.numpy(), np.zeros(len(piece.bias)))

    def run(start: int, stop: int) -> None:
        backward_block(batch, piece, start, stop, out, gradients)

    in_parts(len(piece.bias), run, block_of(piece, part.windows))
    return torch.from_numpy(gradients.bias)


def filters_of(part: Part, words: Words, gradient: Tensor, by_mean: bool) -> Tensor:
    """The gradient (C, D', k) for the piece's filters, of one for its table.

    by_mean: it is one for the mean frame alone
    """
    width, channels = part.piece.width, len(part.piece.bias)
    weight = weight_gradient(words, gradient, by_mean)  # (D', columns)
    return weight[:, : width * channels].unflatten(1, (width, channels)).permute(2, 0, 1)
