"""Steps of a token encoder as single functions of autograd: what they keep is said of each.

All work on packed tokens (N, C), or (T, N, C) where a text is shown T times. Spikes are kept as
bytes, potentials are not kept but worked out again, and a norm and the neurons behind it keep one
tensor together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor

from ...models.neurons.direct.surrogate import slope
from ...models.nodes.tokens.attention import SCALE
from .norms import Norming, column_sums
from .packing import Packing


class SpikeLinear(torch.autograd.Function):
    """Spikes (..., D) through a matrix (C, D): keeps the spikes as bytes."""

    @staticmethod
    def forward(ctx: Any, spikes: Tensor, weight: Tensor) -> Tensor:
        """The sums (..., C)."""
        ctx.save_for_backward(spikes.to(torch.bool), weight)
        return spikes @ weight.T

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor, Tensor]:
        """Gradients of the spikes and of the matrix."""
        fired, weight = ctx.saved_tensors
        (slopes,) = above
        spikes = fired.to(slopes.dtype).flatten(0, -2)  # (N, D)
        return slopes @ weight, slopes.flatten(0, -2).T @ spikes


class Positional(torch.autograd.Function):
    """A norm with dropout (or none) and BPSN neurons: keeps the norm's input (N, C), and bytes."""

    @staticmethod
    def forward(
        ctx: Any,
        values: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        kernel: Tensor,
        threshold: Tensor,
        packing: Packing,
        norming: Norming | None,
    ) -> Tensor:
        """Spikes (N, C)."""
        ctx.save_for_backward(values, weight, bias, kernel, threshold, _bytes(norming))
        ctx.packing, ctx.norming = packing, norming
        x = packing.padded(_normed(values, weight, bias, norming))
        u = _potentials(x, kernel, threshold)
        return packing.packed((u >= 0).to(values.dtype))

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of input, norm, kernel and thresholds, from potentials worked out anew."""
        values, weight, bias, kernel, threshold, _ = ctx.saved_tensors
        packing = ctx.packing
        x = packing.padded(_normed(values, weight, bias, ctx.norming))
        u = _potentials(x, kernel, threshold)
        du = slope(u).mul_(packing.padded(above[0]))  # (L, B, C), zeros at padding
        of_threshold = -column_sums(du.flatten(0, 1))
        of_kernel = x.flatten(1) @ du.flatten(1).T  # (L, L)
        dx = packing.packed((kernel @ du.flatten(1)).view_as(du))
        if weight is None:
            return dx, None, None, of_kernel, of_threshold, None, None
        found = ctx.norming.gradients(values, dx, weight)
        return (*found, of_kernel, of_threshold, None, None)


def _bytes(norming: Norming | None) -> Tensor | None:
    """What is kept of dropout."""
    return None if norming is None else norming.keep


def _normed(
    values: Tensor, weight: Tensor | None, bias: Tensor | None, norming: Norming | None
) -> Tensor:
    """What neurons read of values (..., C), which may be the values themselves."""
    if weight is None or bias is None or norming is None:
        return values
    return norming.normed(values, weight, bias)


def _potentials(x: Tensor, kernel: Tensor, threshold: Tensor) -> Tensor:
    """U (L, B, C) of padded currents."""
    return (kernel.T @ x.flatten(1)).view_as(x).sub_(threshold)


class Shown(torch.autograd.Function):
    """A norm with dropout (or none) and LIF neurons over T steps.

    Keeps the norm's input (T, N, C), and bytes.
    """

    @staticmethod
    def forward(
        ctx: Any,
        values: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        threshold: Tensor,
        leak: float,
        norming: Norming | None,
    ) -> Tensor:
        """Spikes (T, N, C)."""
        ctx.save_for_backward(values, weight, bias, threshold, _bytes(norming))
        ctx.leak, ctx.norming = leak, norming
        spikes = torch.empty_like(values, memory_format=torch.contiguous_format)
        v: Tensor | None = None
        for t in range(len(values)):
            u = _current(t, values, weight, bias, norming)
            u = u if v is None else u.add_(v, alpha=1 - leak)
            torch.ge(u, threshold, out=spikes[t])
            v = u.mul_(1 - spikes[t])
        return spikes

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of input, norm and thresholds; that of the reset is cut."""
        values, weight, bias, threshold, _ = ctx.saved_tensors
        kept, over = 1 - ctx.leak, torch.empty_like(values, memory_format=torch.contiguous_format)
        v: Tensor | None = None
        for t in range(len(values)):  # the potentials over the threshold once more
            u = _current(t, values, weight, bias, ctx.norming)
            u = u if v is None else u.add_(v, alpha=kept)
            torch.sub(u, threshold, out=over[t])
            v = u.mul_(over[t] < 0)
        carried: Tensor | None = None
        of_threshold = torch.zeros_like(threshold)
        for t in reversed(range(len(values))):
            silent = over[t] < 0
            du = slope(over[t]).mul_(above[0][t])
            of_threshold -= column_sums(du)
            if carried is not None:
                du.addcmul_(carried, silent.to(du.dtype), value=kept)
            over[t] = carried = du
        if weight is None:
            return over, None, None, of_threshold, None, None
        found = ctx.norming.gradients(values, over, weight)
        return (*found, of_threshold, None, None)


def _current(
    t: int, values: Tensor, weight: Tensor | None, bias: Tensor | None, norming: Norming | None
) -> Tensor:
    """What neurons read at a step (N, C), free to be changed."""
    if weight is None or bias is None or norming is None:
        return values[t].clone()
    keep = None if norming.keep is None else norming.keep[t]
    return replace(norming, keep=keep).normed(values[t], weight, bias)


class NormAdd(torch.autograd.Function):
    """A stream (or none) and a normalised branch with dropout: keeps the branch, and bytes."""

    @staticmethod
    def forward(
        ctx: Any,
        stream: Tensor | None,
        values: Tensor,
        weight: Tensor,
        bias: Tensor,
        norming: Norming,
    ) -> Tensor:
        """The sum (..., N, C)."""
        ctx.save_for_backward(values, weight, norming.keep)
        ctx.norming = norming
        branch = norming.normed(values, weight, bias)
        ctx.has_stream = stream is not None
        return branch if stream is None else branch.add_(stream)

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of stream, branch and norm."""
        values, weight, _ = ctx.saved_tensors
        (slopes,) = above
        found = ctx.norming.gradients(values, slopes, weight)
        return (slopes if ctx.has_stream else None, *found, None)


class Attention(torch.autograd.Function):
    """Counts of common spikes weigh the values: keeps queries, keys and values as bytes."""

    @staticmethod
    def forward(ctx: Any, spikes: Tensor, heads: int, packing: Packing) -> Tensor:
        """Values (..., N, D) of spikes (..., N, 3 D)."""
        ctx.save_for_backward(spikes.to(torch.bool))
        ctx.heads, ctx.packing = heads, packing
        query, key, value = _heads(packing.padded(spikes), heads)
        return packing.packed(_joined(query @ key.transpose(-1, -2) @ value)).mul_(SCALE)

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """The gradient of the spikes."""
        packing, heads = ctx.packing, ctx.heads
        (fired,) = ctx.saved_tensors
        query, key, value = _heads(packing.padded(fired.to(above[0].dtype)), heads)
        (out,) = _heads(packing.padded(above[0] * SCALE), heads, parts=1)
        scores = query @ key.transpose(-1, -2)  # (..., B, H, L, L)
        of_scores = out @ value.transpose(-1, -2)
        parts = (
            of_scores @ key,
            of_scores.transpose(-1, -2) @ query,
            scores.transpose(-1, -2) @ out,
        )
        return packing.packed(torch.cat([_joined(part) for part in parts], dim=-1)), None, None


def _heads(padded: Tensor, heads: int, parts: int = 3) -> tuple[Tensor, ...]:
    """Queries, keys and values (..., B, H, L, d), each in one piece, of (..., L, B, 3 D)."""
    split = padded.unflatten(-1, (parts, heads, -1))  # (..., L, B, 3, H, d)
    return tuple(part.movedim(-4, -2).contiguous() for part in split.unbind(dim=-3))


def _joined(values: Tensor) -> Tensor:
    """(..., B, H, L, d) -> (..., L, B, D)."""
    return values.movedim(-2, -4).flatten(-2)


def spike_linear(spikes: Tensor, weight: Tensor) -> Tensor:
    """See `SpikeLinear`."""
    return cast(Tensor, SpikeLinear.apply(spikes, weight))


def attention(spikes: Tensor, heads: int, packing: Packing) -> Tensor:
    """See `Attention`."""
    return cast(Tensor, Attention.apply(spikes, heads, packing))
