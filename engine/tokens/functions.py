"""Steps of a token encoder as single functions of autograd: what they keep is said of each.

All work on packed tokens (N, C), or (T, N, C) where a text is shown T times. Spikes are kept as
bytes, potentials are not kept but worked out again, and a norm and the neurons behind it keep one
tensor together.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from ...models.neurons.direct.surrogate import slope
from ...models.nodes.tokens.attention import SCALE
from .norms import Moments, column_sums, norm_gradients, normalised
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
    """A norm (or none) and BPSN neurons: keeps their input (N, C) alone."""

    @staticmethod
    def forward(
        ctx: Any,
        values: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        kernel: Tensor,
        threshold: Tensor,
        packing: Packing,
        moments: Moments | None,
    ) -> Tensor:
        """Spikes (N, C)."""
        ctx.save_for_backward(values, weight, bias, kernel, threshold)
        ctx.packing, ctx.moments = packing, moments
        u, _ = _potentials(values, weight, bias, kernel, threshold, packing, moments)
        return packing.packed((u >= 0).to(values.dtype))

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of input, norm, kernel and thresholds, from potentials worked out anew."""
        values, weight, bias, kernel, threshold = ctx.saved_tensors
        packing, moments = ctx.packing, ctx.moments
        u, x = _potentials(values, weight, bias, kernel, threshold, packing, moments)
        du = slope(u).mul_(packing.padded(above[0]))  # (L, B, C), zeros at padding
        of_threshold = -column_sums(du.flatten(0, 1))
        of_kernel = x.flatten(1) @ du.flatten(1).T  # (L, L)
        dx = packing.packed((kernel @ du.flatten(1)).view_as(du))
        if weight is None:
            return dx, None, None, of_kernel, of_threshold, None, None
        found = norm_gradients(values, dx, moments, weight)
        return (*found, of_kernel, of_threshold, None, None)


def _potentials(
    values: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    kernel: Tensor,
    threshold: Tensor,
    packing: Packing,
    moments: Moments | None,
) -> tuple[Tensor, Tensor]:
    """U and the currents X, both (L, B, C), of packed values (N, C)."""
    x = values
    if weight is not None and bias is not None and moments is not None:
        x = normalised(values, moments, weight, bias)
    x = packing.padded(x)
    return (kernel.T @ x.flatten(1)).view_as(x).sub_(threshold), x


class Shown(torch.autograd.Function):
    """A norm (or none) and LIF neurons over T steps: keeps their input (T, N, C) alone."""

    @staticmethod
    def forward(
        ctx: Any,
        values: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        threshold: Tensor,
        leak: float,
        moments: Moments | None,
    ) -> Tensor:
        """Spikes (T, N, C)."""
        ctx.save_for_backward(values, weight, bias, threshold)
        ctx.leak, ctx.moments = leak, moments
        spikes = torch.empty_like(values, memory_format=torch.contiguous_format)
        v: Tensor | None = None
        for t, x in enumerate(values):
            u = _current(x, weight, bias, moments)
            u = u if v is None else u.add_(v, alpha=1 - leak)
            torch.ge(u, threshold, out=spikes[t])
            v = u.mul_(1 - spikes[t])
        return spikes

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of input, norm and thresholds; that of the reset is cut."""
        values, weight, bias, threshold = ctx.saved_tensors
        kept, over = 1 - ctx.leak, torch.empty_like(values, memory_format=torch.contiguous_format)
        v: Tensor | None = None
        for t, x in enumerate(values):  # the potentials over the threshold once more
            u = _current(x, weight, bias, ctx.moments)
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
        found = norm_gradients(values, over, ctx.moments, weight)
        return (*found, of_threshold, None, None)


def _current(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, moments: Moments | None
) -> Tensor:
    if weight is None or bias is None or moments is None:
        return x.clone()
    return normalised(x, moments, weight, bias)


class NormAdd(torch.autograd.Function):
    """A stream (or none) and a normalised branch with dropout: keeps the branch, and bytes."""

    @staticmethod
    def forward(
        ctx: Any,
        stream: Tensor | None,
        values: Tensor,
        weight: Tensor,
        bias: Tensor,
        keep: Tensor | None,
        factor: float,
        moments: Moments,
    ) -> Tensor:
        """The sum (..., N, C)."""
        ctx.save_for_backward(values, weight, keep)
        ctx.factor, ctx.moments = factor, moments
        branch = normalised(values, moments, weight, bias)
        if keep is not None:
            branch = branch.mul_(keep).mul_(factor)
        ctx.has_stream = stream is not None
        return branch if stream is None else branch.add_(stream)

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of stream, branch and norm."""
        values, weight, keep = ctx.saved_tensors
        (slopes,) = above
        dropped = slopes if keep is None else slopes * keep * ctx.factor
        found = norm_gradients(values, dropped, ctx.moments, weight)
        return (slopes if ctx.has_stream else None, *found, None, None, None)


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
