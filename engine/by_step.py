"""Accuracy and operations after several numbers of steps, from one run of the longest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from ..models.network import Signal
from ..models.operations import SpikeCounter
from ..models.snn import SpikingTextModel
from ..text.inputs import as_labels, as_sequences
from .engines import make_engine
from .evaluate import accuracy


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

    def tally(
        self,
        samples: int,
        input_spikes: Tensor,
        record: dict[str, Signal],
        known: dict[str, Tensor],
    ) -> None:
        """Add one batch of which some layers are counted already (see `SpikeCounter.tally`)."""
        for t, counter in self.counters.items():
            last = self.before + t
            signals = {k: Signal(s.values[:last], s.lengths) for k, s in record.items()}
            parts = {name: cost[:last] for name, cost in known.items()}
            counter.tally(samples, input_spikes[:last], signals, parts)


def evaluate_steps(
    model: SpikingTextModel,
    sequences: Sequence[np.ndarray],
    labels: Sequence[int],
    steps: Sequence[int],
    seed: int = 0,
    engine: str = "auto",
    precision: str = "exact",
) -> dict[int, dict[str, Any]]:
    """Accuracy and operations after each of ``steps``, by their number.

    Where the first t frames of an input code are the code of t steps (direct, saf, poisson), this
    is what a model with T = t would give.

    Returns:
        For each t ``accuracy``, ``latency_steps`` and the fields of
        `convert.counts.SpikeCounter.compute`.

    Raises:
        InputError: no texts, another number of labels, or something else in their place.
    """
    sequences = as_sequences(sequences, model.embedding.num_embeddings)
    labels = as_labels(labels, len(sequences))
    run = make_engine(model, engine, precision, len(sequences))
    counters = StepCounters(run.model, steps)
    logits = run.running_logits(sequences, seed, counter=counters)  # (T, N, K)
    return {
        t: {
            "accuracy": accuracy(logits[t - 1], labels),
            "latency_steps": counters.before + t,
            **counter.compute(),
        }
        for t, counter in counters.counters.items()
    }
