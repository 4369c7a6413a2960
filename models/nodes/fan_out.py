"""How many windows a spike reaches."""

from __future__ import annotations

import torch
from torch import Tensor

# counts of a data set pass 2^24, from where float32 leaves whole numbers out
EXACT = torch.float64


def window_fan_out(
    lengths: Tensor,
    positions: int,
    width: int,
    padding: tuple[int, int] = (0, 0),
    stride: int = 1,
) -> Tensor:
    """How many valid windows contain each position.

    Args:
        lengths: (B,) valid positions of each text
        positions: L, length of the position axis
        width: k, filter width
        padding: zeros (left, right) of the filter
        stride: positions from window to window

    Returns:
        (B, L) counts. Position i is at j = i + left; window w holds it where
        w * stride <= j <= w * stride + k - 1, so of W windows it is in
        min(floor(j / stride), W - 1) - max(ceil((j - k + 1) / stride), 0) + 1.

    >>> window_fan_out(torch.tensor([5]), 6, 3).tolist()
    [[1.0, 2.0, 3.0, 2.0, 1.0, 0.0]]
    >>> window_fan_out(torch.tensor([3]), 3, 3, padding=(1, 1)).tolist()
    [[2.0, 3.0, 2.0]]
    """
    at = torch.arange(positions, device=lengths.device)
    return fan_out_at(at, lengths[:, None], width, padding, stride)


def fan_out_at(
    position: Tensor,
    lengths: Tensor,
    width: int,
    padding: tuple[int, int] = (0, 0),
    stride: int = 1,
) -> Tensor:
    """How many valid windows contain ``position`` of a text of ``lengths``, which broadcast."""
    j = position + padding[0]
    whole = (lengths + sum(padding)).clamp(min=width)
    windows = (whole - width) // stride + 1
    first = -((width - 1 - j).div(stride, rounding_mode="floor"))  # ceil((j - k + 1) / stride)
    last = torch.minimum(j // stride, windows - 1)
    return (last - first.clamp(min=0) + 1).clamp(min=0).to(torch.float32)


def windowed_operations(
    arriving: Tensor,
    lengths: Tensor | None,
    width: int,
    padding: tuple[int, int] = (0, 0),
    stride: int = 1,
) -> Tensor:
    """Operations of spikes (T, B, D, L) at windows of one synapse a channel: (T, B), float64."""
    positions = arriving.shape[-1]
    if lengths is None:
        lengths = torch.full((arriving.shape[1],), positions, device=arriving.device)
    fan_out = window_fan_out(lengths, positions, width, padding, stride)  # (B, L)
    per_position = arriving.sum(dim=2, dtype=EXACT)  # (T, B, L)
    return (per_position * fan_out).sum(dim=2)


def tap_reach(
    position: Tensor, lengths: Tensor, width: int, padding: tuple[int, int] = (0, 0)
) -> Tensor:
    """Whether a valid window reads ``position`` of a text of ``lengths`` at each tap: (..., k).

    Position i is at i + left of the padded text; tap j of window w reads w + j.

    >>> tap_reach(torch.tensor(0), torch.tensor(3), 3, padding=(1, 1)).tolist()
    [True, True, False]
    """
    windows = (lengths + sum(padding)).clamp(min=width) - width + 1
    window = (position + padding[0])[..., None] - torch.arange(width, device=position.device)
    return (window >= 0) & (window < windows[..., None])


def tapped_operations(
    arriving: Tensor, lengths: Tensor | None, live: Tensor, padding: tuple[int, int] = (0, 0)
) -> Tensor:
    """Operations of spikes (T, B, D, L) at windows where synapses are missing: (T, B), float64.

    Args:
        arriving: spikes, of any size
        lengths: (B,) valid positions; None where all are
        live: (D, k) synapses of each input channel at each tap
        padding: zeros (left, right) of the filter
    """
    _, batch, _, positions = arriving.shape
    device = arriving.device
    if lengths is None:
        lengths = torch.full((batch,), positions, device=device)
    at = torch.arange(positions, device=device)
    reach = tap_reach(at[None, :], lengths[:, None], live.shape[1], padding)  # (B, L, k)
    done = arriving.new_zeros(arriving.shape[:2], dtype=EXACT)
    for tap in range(live.shape[1]):
        # (T, B, L): float64 for this tap alone, as whole signals take much memory
        sent = torch.einsum("tbdl,d->tbl", arriving.to(EXACT), live[:, tap].to(EXACT))
        done += (sent * reach[:, :, tap]).sum(dim=2)
    return done


def single_operations(arriving: Tensor) -> Tensor:
    """Operations of spikes (T, B, ...) that reach one synapse each: (T, B), float64."""
    return arriving.flatten(2).sum(dim=2, dtype=EXACT)
