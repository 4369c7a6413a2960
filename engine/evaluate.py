"""Evaluation on a split: logits of an ANN, accuracy at every step and spike counts of an SNN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..convert.counts import SpikeCounter
from ..models.network import Signal
from ..models.snn import SpikingTextModel, running_logits
from ..models.textcnn import TextModel
from ..seeds import generator
from .batches import by_length, to_batch
from .exact_sums import exact_sums

BATCH = 128
# a batch of an SNN holds at most this many input values over all steps (256 MB in float32)
MOST_VALUES = 1 << 26


class Counter(Protocol):
    """What counts on the signals of a run."""

    def update(self, record: dict[str, Signal]) -> None:
        """Add one batch of recorded signals."""


def snn_positions(model: SpikingTextModel) -> int:
    """How many padded positions one batch of ``model`` may hold."""
    return max(1, MOST_VALUES // (model.steps * 2 * model.embedding.embedding_dim))


@torch.no_grad()
def ann_logits(model: TextModel, sequences: Sequence[np.ndarray]) -> Tensor:
    """Logits (N, K) of id sequences, in their order."""
    model.eval()
    rows: dict[int, Tensor] = {}
    for batch in by_length(sequences, BATCH):
        logits = model(*to_batch([sequences[i] for i in batch]))  # (B, K)
        rows.update(zip(batch, logits, strict=True))
    return torch.stack([rows[i] for i in range(len(sequences))])


@torch.no_grad()
def snn_logits(
    model: SpikingTextModel,
    sequences: Sequence[np.ndarray],
    seed: int = 0,
    shared_noise: bool = False,
    counter: Counter | None = None,
    progress: str | None = None,
) -> Tensor:
    """Running logits (T, N, K) of id sequences, in their order, by the network's own nodes.

    This is the reference that every engine agrees with (see `choose.make_engine`).

    Args:
        model: the SNN
        sequences: id sequences
        seed: of the noise of a stochastic encoder
        shared_noise: one noise field for all texts (see `convert.encoders.poisson`)
        counter: when given, counts spikes and operations
        progress: label of a progress bar, none without it
    """
    model.eval()
    device = model.embedding.weight.device
    rows: dict[int, Tensor] = {}
    batches = list(by_length(sequences, BATCH, snn_positions(model)))
    for number, batch in enumerate(
        tqdm(batches, desc=progress, disable=None if progress else True)
    ):
        ids, lengths = to_batch([sequences[i] for i in batch])
        noise = generator(seed, "noise", 0 if shared_noise else number)
        record: dict[str, Signal] | None = {} if counter else None
        ids, lengths = ids.to(device), lengths.to(device)
        with exact_sums():
            currents = model(ids, lengths, noise, shared_noise, record=record)  # (T, B, K)
        if counter is not None and record is not None:
            counter.update(record)
        logits = running_logits(currents).cpu().transpose(0, 1)  # (B, T, K)
        rows.update(zip(batch, logits, strict=True))
    return torch.stack([rows[i] for i in range(len(sequences))], dim=1)


def accuracy(logits: Tensor, labels: Sequence[int]) -> float:
    """Share of rows of logits (N, K) whose argmax is the label."""
    return int((logits.argmax(dim=1) == torch.tensor(labels)).sum()) / len(labels)


def evaluate_snn(
    model: SpikingTextModel,
    sequences: Sequence[np.ndarray],
    labels: Sequence[int],
    seed: int = 0,
    progress: str | None = None,
    engine: str = "auto",
    precision: str = "exact",
) -> dict[str, Any]:
    """Accuracy after every step, spikes and operations per sample.

    Args:
        model: the SNN
        sequences: id sequences
        labels: their classes
        seed: of the noise of a stochastic encoder
        progress: label of a progress bar, none without it
        engine: what runs the model, and at which
        precision: see `choose.make_engine`

    Returns:
        ``accuracy``, ``accuracy_by_step`` (step 1 first), ``latency_steps`` (T and any pre-steps)
        and the fields of `convert.counts.SpikeCounter.compute`.
    """
    from .choose import make_engine  # which builds on this module

    run = make_engine(model, engine, precision, len(sequences), progress=progress)
    counter = SpikeCounter(run.model.network, input_is_analog=not model.encoder.spiking)
    logits = run.running_logits(sequences, seed, counter=counter)
    curve = [accuracy(step, labels) for step in logits]
    return {
        "accuracy": curve[-1],
        "accuracy_by_step": curve,
        "latency_steps": model.latency,
        **counter.compute(),
    }
