"""The bidirectional parallel spiking neuron (BPSN) as pure functions.

Time is the last axis of the currents, the positions of a text. All potentials come from one product
with a matrix, so no step waits for another, and no step is told by its number, so texts may have
any length. **A reconstruction**: of "SNN-BERT" (Su et al., Neural Networks 180, 2024, 106630) only
the abstract was within reach, which says what the neuron does and not its equations.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ...network import valid_only
from .surrogate import step


class BPSNParameters(NamedTuple):
    """Parameters of a BPSN.

    forward: alpha (G,), how much of what came before is kept at each step, in [0, 1)
    backward: beta (G,), the same of what comes after; 0 for a neuron that does not look ahead
    threshold: theta (C,), in the unit of the potential
    gamma: how much a spike takes from the potential of the next step, 0 or more
    rho: how much of that is kept at each step, in [0, 1)
    passes: P, how often the reset is worked out; 0 for none

    The C channels are G groups of neighbours, each with its own decays.
    """

    forward: Tensor
    backward: Tensor
    threshold: Tensor
    gamma: Tensor
    rho: Tensor
    passes: int = 0


def bpsn_norm(p: BPSNParameters) -> Tensor:
    """N (G,), by which the potential of white currents has the variance of these.

        N^2 = 1 + alpha^2 / (1 - alpha^2) + beta^2 / (1 - beta^2)

    Without it long memories would lift every potential over the threshold.
    """
    a, b = p.forward.square(), p.backward.square()
    return (1 + a / (1 - a) + b / (1 - b)).sqrt()


def bpsn_taps(p: BPSNParameters, length: int) -> Tensor:
    """Weights (G, 2 L - 1) of currents by their distance t - s = 1 - L, ..., 0, ..., L - 1.

    ``alpha^(t - s) / N`` for s <= t and ``beta^(s - t) / N`` for s > t.
    """
    lags = torch.arange(length, dtype=p.forward.dtype, device=p.forward.device)  # (L,)
    before = p.forward.unsqueeze(-1).pow(lags)  # (G, L), 1 at lag 0
    after = p.backward.unsqueeze(-1).pow(lags[1:]).flip(-1)  # (G, L - 1)
    return torch.cat([after, before], dim=-1) / bpsn_norm(p).unsqueeze(-1)


def toeplitz(taps: Tensor) -> Tensor:
    """The matrix K (..., L, L) with K[s, t] = taps[..., L - 1 + t - s] of taps (..., 2 L - 1)."""
    length = (taps.shape[-1] + 1) // 2
    return taps.unfold(-1, length, 1).flip(-2)


def bpsn_kernel(p: BPSNParameters, length: int) -> Tensor:
    """K (G, L, L), by which currents become potentials: U = X K - theta."""
    return toeplitz(bpsn_taps(p, length))


def reset_kernel(p: BPSNParameters, length: int) -> Tensor:
    """What is left at step t of a spike at step s: rho^(t - s - 1) for s < t, else 0; (L, L)."""
    lags = torch.arange(length - 1, dtype=p.rho.dtype, device=p.rho.device)
    zeros = p.rho.new_zeros(length)
    return toeplitz(torch.cat([zeros, p.rho.reshape(1).pow(lags)]))


def in_groups(currents: Tensor, groups: int) -> Tensor:
    """Currents (..., C, L) by groups of channels, (..., G, C / G, L)."""
    return currents.unflatten(-2, (groups, -1))


def bpsn_potentials(currents: Tensor, p: BPSNParameters, lengths: Tensor | None = None) -> Tensor:
    """U (..., C, L) of currents (..., C, L), the threshold taken off; see `bpsn_run`."""
    currents = valid_only(currents, lengths)
    kernel = bpsn_kernel(p, currents.shape[-1]).to(currents.dtype)  # (G, L, L)
    sums = in_groups(currents, len(kernel)) @ kernel  # (..., G, C / G, L)
    return sums.flatten(-3, -2) - p.threshold.unsqueeze(-1)


def bpsn_run(currents: Tensor, p: BPSNParameters, lengths: Tensor | None = None) -> Tensor:
    """Spikes of all steps at once, with surrogate gradients.

        F[t] = alpha F[t-1] + X[t]          F[-1] = 0       what came before, and now
        G[t] = beta (G[t+1] + X[t+1])       G[n]  = 0       what comes after
        U[t] = (F[t] + G[t]) / N - theta
        S[t] = 1 if U[t] >= 0 else 0,       0 at padding

    and P times, with R[0] = 0,

        R[t] = rho R[t-1] + S[t-1]
        S[t] = 1 if U[t] - gamma R[t] >= 0 else 0

    where each R is of the spikes of the pass before. After P passes steps 0 to P are those of the
    neuron that is reset by its own spikes one after the other (`bpsn_sequential`).

    Args:
        currents: X (..., B, C, L), or (..., C, L) without ``lengths``
        p: decays, thresholds, reset
        lengths: (B,) valid positions; what stands at others has no part in anything

    Returns:
        Spikes in {0, 1} of the shape and type of the currents.

    >>> p = BPSNParameters(*torch.tensor([[0.5], [0.5], [0.8], [1.0], [0.5]]))
    >>> bpsn_run(torch.tensor([[1.0, 0.0, 0.0, 1.0]]), p).tolist()
    [[1.0, 0.0, 0.0, 1.0]]
    """
    u = bpsn_potentials(currents, p, lengths)
    spikes = valid_only(step(u), lengths)
    if p.passes:
        kernel = reset_kernel(p, currents.shape[-1]).to(u.dtype)  # (L, L)
        for _ in range(p.passes):
            spikes = valid_only(step(u - p.gamma * (spikes @ kernel)), lengths)
    return spikes


def _trace(spikes: Tensor, rho: Tensor) -> Tensor:
    """R of spikes (..., L), step by step."""
    rest = torch.zeros_like(spikes[..., 0])
    traces = []
    for t in range(spikes.shape[-1]):
        traces.append(rest)
        rest = rho * rest + spikes[..., t]
    return torch.stack(traces, dim=-1)


def stepped_potentials(
    currents: Tensor, p: BPSNParameters, lengths: Tensor | None = None
) -> Tensor:
    """U of `bpsn_potentials`, by the two recurrences, step by step."""
    x = in_groups(valid_only(currents, lengths), len(p.forward))  # (..., G, C / G, L)
    alpha, beta = p.forward.unsqueeze(-1), p.backward.unsqueeze(-1)  # (G, 1)
    steps = range(x.shape[-1])
    before, after = torch.zeros_like(x[..., 0]), torch.zeros_like(x[..., 0])
    forward, backward = [], []
    for t in steps:
        before = alpha * before + x[..., t]
        forward.append(before)
    for t in reversed(steps):
        backward.append(after)
        after = beta * (after + x[..., t])
    sums = torch.stack(forward, dim=-1) + torch.stack(backward[::-1], dim=-1)
    return (sums / bpsn_norm(p)[:, None, None]).flatten(-3, -2) - p.threshold.unsqueeze(-1)


def bpsn_steps(currents: Tensor, p: BPSNParameters, lengths: Tensor | None = None) -> Tensor:
    """`bpsn_run` step by step, as it is defined: the reference, and what parallel form is worth."""
    u = stepped_potentials(currents, p, lengths)
    spikes = valid_only(step(u), lengths)
    for _ in range(p.passes):
        spikes = valid_only(step(u - p.gamma * _trace(spikes, p.rho)), lengths)
    return spikes


def bpsn_sequential(currents: Tensor, p: BPSNParameters, lengths: Tensor | None = None) -> Tensor:
    """Spikes (..., C, L) of the neuron that each of its own spikes resets, one after the other.

    What `bpsn_run` comes to after L - 1 passes, whatever ``p.passes``.
    """
    u = stepped_potentials(currents, p, lengths)
    rest, spikes = torch.zeros_like(u[..., 0]), []
    for t in range(u.shape[-1]):
        spikes.append(step(u[..., t] - p.gamma * rest))
        rest = p.rho * rest + spikes[-1]
    return valid_only(torch.stack(spikes, dim=-1), lengths)
