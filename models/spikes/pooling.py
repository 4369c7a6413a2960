"""Maximum pooling in a spiking network: four rules, over all positions or in windows.

All work on (T, B, C, L) with time first. With ``kernel`` 0 the maximum is taken over all valid
positions, (T, B, C); otherwise in windows of ``kernel`` positions, ``stride`` apart, (T, B, C, W).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..network import Node, Signal, shared_among
from ..nodes.pooling import at_maximum, max_windows, windows


class SpikePooling(Node):
    """What the rules share: their windows.

    Args:
        kernel: positions of a window; 0 for all positions
        stride: positions from window to window; unused where kernel is 0
    """

    fields = ("kernel", "stride")
    picks = True

    def __init__(self, kernel: int = 0, stride: int = 0) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def leaders(self, arriving: Signal) -> Tensor:
        """At each step the positions of the largest value; needs ``kernel`` 0."""
        return at_maximum(arriving)

    def cut(self, signal: Signal, fill: float) -> tuple[Tensor, Tensor | None]:
        """Windows (T, B, C, W, k) and how many are valid (B,)."""
        if self.kernel:
            return windows(signal, self.kernel, self.stride, fill)
        positions = signal.values.shape[-1]  # one window that holds all
        return windows(signal, positions, positions, fill)

    def joined(self, pooled: Tensor, counts: Tensor | None) -> Signal:
        """The pooled windows (T, B, C, W) as a signal; (T, B, C) where there is one for all."""
        if not self.kernel:
            return Signal(pooled.squeeze(-1))
        return Signal(Signal(pooled, counts).masked(), counts)

    def maximum_of(self, signal: Signal) -> Signal:
        """The largest value over valid positions."""
        if self.kernel:
            return max_windows(signal, self.kernel, self.stride)
        cut, counts = self.cut(signal, -torch.inf)
        return self.joined(cut.amax(dim=-1), counts)


class MaxOfSpikes(SpikePooling):
    """At each step a channel passes a spike if any position spikes (of bursts, the largest)."""

    timeless = True

    def forward(self, *inputs: Signal) -> Signal:
        """Maximum of the spikes over valid positions."""
        return self.maximum_of(inputs[0])


class MaxOfCurrents(SpikePooling):
    """The largest current over valid positions, before the neuron.

    Exact for constant input, where the position of the maximum never changes.
    """

    passing = True
    timeless = True

    def forward(self, *inputs: Signal) -> Signal:
        """Maximum of the currents over valid positions."""
        return self.maximum_of(inputs[0])


class MaxOfCounts(SpikePooling):
    """Passes a spike whenever the largest spike count over positions grows by one.

    N_l(t) is the count of position l after t steps and M(t) = max_l N_l(t). M grows by at most one
    a step, so M(t) - M(t-1) is a spike train, and its count after T steps is exactly the largest
    count. Of bursts and signed spikes it is a train of bursts and signed spikes.
    """

    def leaders(self, arriving: Signal) -> Tensor:
        """At each step the positions whose count is the largest."""
        return at_maximum(Signal(arriving.values.cumsum(dim=0), arriving.lengths))

    def origins(self, arriving: Signal, passed: Tensor) -> Tensor:
        """As `Node.origins`; a spike that is taken back is shared by those that led before."""
        leaders = self.leaders(arriving)  # (T, B, C, L)
        before = torch.cat([leaders[:1], leaders[:-1]])
        return shared_among(torch.where((passed < 0).unsqueeze(-1), before, leaders), passed)

    def forward(self, *inputs: Signal) -> Signal:
        """Increments of the running maximum count."""
        return self.resume(inputs, None)[0]

    def resume(self, inputs: Sequence[Signal], state: Any) -> tuple[Signal, Any]:
        """As `Node.resume`; the state is the counts (B, C, L) so far and their maximum."""
        (signal,) = inputs
        counts = _counts(signal.values, None if state is None else state[0])
        largest = self.maximum_of(Signal(counts, signal.lengths))  # (T, B, C) or (T, B, C, W)
        now = largest.values
        before = torch.zeros_like(now[0]) if state is None else state[1]
        previous = torch.cat([before.unsqueeze(0), now[:-1]])
        # copies: a view would keep all steps of the piece
        return Signal(now - previous, largest.lengths), (counts[-1].clone(), now[-1].clone())


class GatedMax(SpikePooling):
    """A gate passes the spikes of the position that has fired most so far, and no others.

        g(t) = argmax_l N_l(t),  out(t) = s_g(t)(t)

    N_l(t) counts position l's spikes up to and with step t; of equal counts the first position's
    is passed. The counts estimate firing rates, so the gate settles on the strongest position as
    t grows. Source: Rueckauer et al. 2017 (spiking max-pooling, whose gates follow estimates of the
    presynaptic rates; the estimate here is the count so far).
    """

    def leaders(self, arriving: Signal) -> Tensor:
        """At each step the position at the gate."""
        most = at_maximum(Signal(arriving.values.cumsum(dim=0), arriving.lengths))
        first: Tensor = most & (most.cumsum(dim=-1) == 1)
        return first

    def forward(self, *inputs: Signal) -> Signal:
        """The spikes that the gate lets through."""
        return self.resume(inputs, None)[0]

    def resume(self, inputs: Sequence[Signal], state: Any) -> tuple[Signal, Any]:
        """As `Node.resume`; the state is the counts (B, C, L) so far."""
        (signal,) = inputs
        totals = Signal(_counts(signal.values, state), signal.lengths)
        counted, counts = self.cut(totals, -torch.inf)  # (T, B, C, W, k)
        spikes, _ = self.cut(signal, 0.0)
        gate = counted.argmax(dim=-1, keepdim=True)  # the first of equal counts
        passed = self.joined(spikes.gather(-1, gate).squeeze(-1), counts)
        return passed, totals.values[-1].clone()


def _counts(spikes: Tensor, before: Tensor | None) -> Tensor:
    """Spikes (T, ...) counted from a run's first step on; ``before`` (...) are earlier ones."""
    counts = spikes.cumsum(dim=0)
    return counts if before is None else counts + before
