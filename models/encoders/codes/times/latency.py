"""Latency: the larger a value, the earlier its spike."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ...code import Counts
from ...one_spike import NEVER, OneSpike, spike_times


class Latency(OneSpike):
    r"""One spike for every value above zero, at a step that falls linearly with the value.

    .. math:: t = round((T - 1) (1 - x))

    for t = 0 ... T - 1. Source: time to first spike of the retina (Gollisch and Meister, Science
    2008), in the discrete form of spikingjelly's `LatencyEncoder`, which is its reference here; but
    zero sends no spike, since padding is zero.

    Neurons that count read no more of it than the sign of a component, since every value above zero
    sends one spike: conversion without fine-tuning loses all else, and fine-tuning learns from the
    times. Of T = 1 that is all there is (decoded as 1/2).
    """

    def times(self, values: Tensor, steps: int) -> Tensor:
        """As `OneSpike.times`."""
        times = ((steps - 1) * (1 - values)).round().to(torch.int64)
        return times.masked_fill(values <= 0, NEVER)

    def decode(self, frames: Tensor) -> Tensor:
        """A spike at step t of T stands for 1 - t / (T - 1): frames (T, ...) to (...)."""
        times, sent = spike_times(frames)
        last = len(frames) - 1
        values = 1 - times.to(frames.dtype) / last if last else frames[0] / 2
        return values * sent

    def error_bound(self, steps: int) -> float:
        """Half a level, 1 / 2(T - 1); 1/2 at T = 1."""
        return 0.5 / max(steps - 1, 1)


class LogarithmicLatency(OneSpike):
    r"""One spike for every value above zero, at a step that falls with the value's logarithm.

    .. math:: t = round(T - 1 - \ln(\alpha x + 1)), \quad \alpha = e^{T-1} - 1

    A step later stands for a value e times smaller, so small values are told apart as well as large
    ones; levels are the same however long the run is, further steps add smaller ones. Source:
    spikingjelly's `LatencyEncoder("log")`, which is its reference here; zero sends no spike. What
    neurons that count read of it is that of `latency`.
    """

    def times(self, values: Tensor, steps: int) -> Tensor:
        """As `OneSpike.times`; ln(alpha x + 1) without exp(T - 1), which overflows."""
        x = values.double()
        small = math.exp(1 - steps)
        logarithm = steps - 1 + torch.log(x * (1 - small) + small)
        times = (steps - 1 - logarithm).round().to(torch.int64).clamp(0, steps - 1)
        return times.masked_fill(values <= 0, NEVER)

    def decode(self, frames: Tensor) -> Tensor:
        """The inverse: frames (T, ...) to (...)."""
        times, sent = spike_times(frames)
        steps = len(frames)
        if steps == 1:
            return frames[0] / 2
        return (_value(times.double(), steps) * sent).to(frames.dtype)

    def error_bound(self, steps: int) -> float:
        """Of values next to 1: 1 - e^-1/2, 0.39, for many steps; 0.62 at T = 2, 1/2 at T = 1."""
        if steps == 1:
            return 0.5
        times = torch.arange(steps, dtype=torch.float64)
        edges = [_value((times + half).clamp(0, steps - 1), steps) for half in (-0.5, 0.5)]
        return float(max((_value(times, steps) - edge).abs().max() for edge in edges))

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """A logarithm, as a table of its T steps gives it: log2(T) comparisons for every value."""
        return {"encode_adds": values * np.ceil(np.log2(steps + 1))}


def _value(times: Tensor, steps: int) -> Tensor:
    """The value whose logarithmic latency is exactly ``times``: (exp(T - 1 - t) - 1) / alpha."""
    small = math.exp(1 - steps)
    return (torch.exp(-times) - small) / (1 - small)


CODE = Latency()
LOGARITHMIC = LogarithmicLatency()
