"""Accuracy and operations after several numbers of steps, from one run of the longest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..convert.counts import SpikeCounter
from ..models.network import Signal
from ..models.snn import SpikingTextModel
from .evaluate import accuracy, snn_logits


class StepCounters:
    """A spike counter for each of several numbers of steps: a short run is a long one's start.

    Args:
        model: the SNN
        steps: numbers of steps t, each at most the model's T; pre-steps (SRP) count in all of them
    """

    def __init__(self, model: SpikingTextModel, steps: Sequence[int]) -> None:
        analog = not model.encoder.spiking
        self.before = model.latency - model.steps
        self.counters = {t: SpikeCounter(model.network, analog) for t in steps}

    def update(self, record: dict[str, Signal]) -> None:
        """Add one batch of recorded signals (T, B, ...), pre-steps first."""
        for t, counter in self.counters.items():
            last = self.before + t
            counter.update({k: Signal(s.values[:last], s.lengths) for k, s in record.items()})


def evaluate_steps(
    model: SpikingTextModel,
    sequences: Sequence[np.ndarray],
    labels: Sequence[int],
    steps: Sequence[int],
    seed: int = 0,
) -> dict[int, dict[str, Any]]:
    """Accuracy and operations after each of ``steps``, by their number.

    Where the first t frames of an input code are the code of t steps (direct, saf, poisson), this
    is what a model with T = t would give.

    Returns:
        For each t ``accuracy``, ``latency_steps`` and the fields of
        `convert.counts.SpikeCounter.compute`.
    """
    counters = StepCounters(model, steps)
    logits = snn_logits(model, sequences, seed, counter=counters)  # (T, N, K)
    return {
        t: {
            "accuracy": accuracy(logits[t - 1], labels),
            "latency_steps": counters.before + t,
            **counter.compute(),
        }
        for t, counter in counters.counters.items()
    }
