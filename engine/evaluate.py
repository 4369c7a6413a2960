"""Evaluation on a split: accuracy, and of an SNN also at every step with its spikes counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..models.network import Signal
from ..models.operations import SpikeCounter
from ..models.snn import SpikingTextModel
from ..moved import attributes
from ..text.inputs import as_labels, as_read
from .engines import make_engine
from .inference.store import CACHE_BYTES
from .reference import checked_ids


def accuracy(logits: Tensor, labels: Sequence[int]) -> float:
    """Share of rows of logits (N, K) whose argmax is the label.

    Raises:
        InputError: fewer than two classes, no rows, another number of labels, or labels that are no
            classes' numbers.
    """
    if logits.dim() != 2 or logits.shape[1] < 2:
        raise InputError(
            f"expected logits (N, K) of K >= 2 classes, but got the shape {tuple(logits.shape)}; "
            "of one logit z make the two logits [0, z]"
        )
    if not len(logits):
        raise InputError("expected at least one text, but got none")
    known = as_labels(labels, len(logits), logits.shape[1])
    return int((logits.argmax(dim=1) == torch.tensor(known)).sum()) / len(known)


def snn_outputs(
    model: SpikingTextModel,
    sequences: Sequence[np.ndarray],
    seed: int = 0,
    progress: str | None = None,
    engine: str = "auto",
    precision: str = "exact",
    table_bytes: int = CACHE_BYTES,
) -> tuple[Tensor, dict[str, Any]]:
    """Running logits (T, N, K), and the fields of `models.operations.SpikeCounter.compute`.

    Args:
        model: the SNN
        sequences: id sequences
        seed: of the noise of a stochastic encoder
        progress: label of a progress bar, none without it
        engine: what runs the model, and at which
        precision: see `engines.make_engine`
        table_bytes: likewise

    Raises:
        InputError: no sequences, or something else in their place.
    """
    sequences = checked_ids(model, sequences, SpikingTextModel)
    run = make_engine(
        model, engine, precision, len(sequences), progress=progress, table_bytes=table_bytes
    )
    counter = SpikeCounter(run.model.network, input_is_analog=not model.encoder.spiking)
    logits = run.running_logits(sequences, seed, counter=counter)
    return logits, counter.compute()


def evaluate_snn(
    model: SpikingTextModel,
    sequences: Sequence[np.ndarray],
    labels: Sequence[int],
    seed: int = 0,
    progress: str | None = None,
    engine: str = "auto",
    precision: str = "exact",
) -> dict[str, Any]:
    """Accuracy after every step, spikes and operations per sample; see `snn_outputs`.

    Args:
        model: the SNN
        sequences: id sequences
        labels: their classes
        seed: of the noise of a stochastic encoder
        progress: label of a progress bar, none without it
        engine: what runs the model, and at which
        precision: see `engines.make_engine`

    Returns:
        As `snn_figures`.

    Raises:
        InputError: no texts, another number of labels, or something else in their place.
    """
    labels = as_labels(labels, len(sequences))  # before the work
    logits, counts = snn_outputs(model, sequences, seed, progress, engine, precision)
    return snn_figures(model, logits, labels, counts)


def snn_figures(
    model: SpikingTextModel, logits: Tensor, labels: Sequence[int], counts: dict[str, Any]
) -> dict[str, Any]:
    """The figures of running logits (T, N, K).

    Returns:
        ``accuracy``, ``accuracy_by_step`` (step 1 first), ``latency_steps`` (T and any pre-steps)
        and ``counts``.
    """
    curve = [accuracy(step, labels) for step in logits]
    return {
        "accuracy": curve[-1],
        "accuracy_by_step": curve,
        "latency_steps": model.latency,
        **counts,
    }


class StepCounters:
    """A spike counter for each of several numbers of steps: a short run is a long one's start.

    Args:
        model: the SNN
        steps: numbers of steps t, each at most the model's T; pre-steps (SRP) count in all of them
    """

    pieces = True  # see `reference.Counter`

    def __init__(self, model: SpikingTextModel, steps: Sequence[int]) -> None:
        analog = not model.encoder.spiking
        self.before = model.latency - model.steps
        self.counters = {t: SpikeCounter(model.network, analog) for t in steps}

    def update(self, record: dict[str, Signal], start: int = 0) -> None:
        """Add one batch of recorded signals (T, B, ...), pre-steps first; see `SpikeCounter`."""
        for t, counter in self.counters.items():
            last = self.before + t - start
            if last > 0:
                own = {k: Signal(s.values[:last], s.lengths) for k, s in record.items()}
                counter.update(own, start)

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
        `models.operations.SpikeCounter.compute`.

    Raises:
        InputError: no texts, another number of labels, or something else in their place.
    """
    table = model.embedding
    sequences = as_read(sequences, table.num_embeddings, table.embedding_dim)
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


__getattr__ = attributes(__name__)  # names that it had before
