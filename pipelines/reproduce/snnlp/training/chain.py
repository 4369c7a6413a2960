"""The published recipe: a chain of CUBA-LIF neurons on input spikes, chosen by its loss on dev."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from .....engine.dense.chain import Cuba, run_chain
from .....engine.dense.learner import ChainLearner
from .....engine.dense.products import gradient_type
from .....progress import bar
from .....seeds import derive, generator
from ....training.losses.spike_rate import wanted_rates
from ..data.frames import Frames
from ..data.published import BATCH, DROPOUT, EPOCHS, HIDDEN, LEARNING_RATE, WEIGHT_DECAY
from ..data.rows import Cell, Row
from .scores import accuracy_and_mrr

MEASURED_TOGETHER = 64
VALUES_TOGETHER = 1 << 22


@dataclass(frozen=True)
class ChainSettings:
    """How a chain is trained; by default as published.

    epochs, batch, lr, decay, dropout; p: the neurons; shuffled: other orders of the training texts
    in every epoch, where SNNLP keeps one; precision: of the products of gradients, see
    `products.gradient_type`
    """

    epochs: int = EPOCHS
    batch: int = BATCH
    lr: float = LEARNING_RATE
    decay: float = WEIGHT_DECAY
    dropout: float = DROPOUT
    p: Cuba = field(default_factory=Cuba)
    shuffled: bool = False
    precision: str = "auto"


FramesOf = Callable[[int], Frames]
"""The input spikes of an epoch, from 0; -1 for those of dev and test."""


def trained_row(
    cell: Cell,
    frames: FramesOf,
    labels: np.ndarray,
    classes: int,
    parts: Mapping[str, np.ndarray],
    settings: ChainSettings,
) -> Row:
    """Train a chain, take its best epoch by the loss on dev, and measure it on test, once.

    Args:
        cell: what the row is of
        frames: input spikes of all texts, by epoch
        labels: of all texts
        classes: K
        parts: numbers of the texts of ``train``, ``dev`` and ``test``
        settings: how to train
    """
    started = time.process_time()
    measured = frames(-1)
    learner = ChainLearner(
        (measured.dim, *HIDDEN, classes),
        settings.p,
        settings.lr,
        settings.decay,
        settings.dropout,
        gradient_type(settings.precision),
        derive(cell.seed, "snnlp", "weights"),
    )
    wanted = wanted_rates(torch.from_numpy(labels), classes)
    curve: dict[str, list[float]] = {"train_loss": [], "dev_loss": [], "dev_accuracy": []}
    best, chosen = (np.inf, 0), learner.flat.clone()
    for epoch in bar(range(settings.epochs), desc=cell.name, leave=False):
        order = parts["train"]
        if settings.shuffled:
            order = np.random.default_rng([cell.seed, epoch]).permutation(order)
        loss = _epoch(learner, frames(epoch), wanted, order, settings.batch, cell.seed, epoch)
        rates = _rates(learner, measured, parts["dev"])
        dev_loss = float((rates - wanted[parts["dev"]]).square().sum(1).mean())
        curve["train_loss"].append(loss / len(order))
        curve["dev_loss"].append(dev_loss)
        curve["dev_accuracy"].append(accuracy_and_mrr(rates.numpy(), labels[parts["dev"]])[0])
        if dev_loss <= best[0]:  # an equal one later is taken, as in SNNLP
            best, chosen = (dev_loss, epoch), learner.flat.clone()
    learner.load(chosen)
    row = _measured(cell, learner, measured, labels, parts)
    row.epochs, row.best_epoch, row.learning_curve = settings.epochs, best[1] + 1, curve
    row.seconds = round(time.process_time() - started, 1)
    row.notes["gradients"] = str(learner.kind).removeprefix("torch.")
    return row


def _epoch(
    learner: ChainLearner,
    frames: Frames,
    wanted: Tensor,
    order: np.ndarray,
    batch: int,
    seed: int,
    epoch: int,
) -> float:
    """One pass over the training texts; the sum of their losses."""
    random = generator(seed, "snnlp", "dropout", epoch)
    return sum(
        learner.step(frames.batch(texts), wanted[texts], random)
        for texts in np.split(order, range(batch, len(order), batch))
    )


def _pieces(texts: np.ndarray, frames: Frames) -> list[np.ndarray]:
    """Texts in groups that are run together."""
    values = frames.steps * max(frames.dim, *HIDDEN)
    size = max(1, min(MEASURED_TOGETHER, VALUES_TOGETHER // values))
    return np.split(texts, range(size, len(texts), size))


def _rates(learner: ChainLearner, frames: Frames, texts: np.ndarray) -> Tensor:
    """Rates (N, K) without dropout."""
    return torch.cat([learner.rates(frames.batch(part)) for part in _pieces(texts, frames)])


def _measured(
    cell: Cell,
    learner: ChainLearner,
    frames: Frames,
    labels: np.ndarray,
    parts: Mapping[str, np.ndarray],
) -> Row:
    """Accuracy, and the spikes of every layer on test."""
    count = 1 + len(learner.whole)
    all_steps, later = np.zeros(count), np.zeros(count)
    scores = []
    for part in _pieces(parts["test"], frames):
        batch = frames.batch(part)
        layers = [batch, *run_chain(batch, learner.weights, learner.p)]
        all_steps += [int(spikes.sum()) for spikes in layers]
        later += [int(spikes[1:].sum()) for spikes in layers]
        scores.append(layers[-1].sum(0, dtype=torch.float32))  # (B, K)
    texts = len(parts["test"])
    accuracy, mrr = accuracy_and_mrr(torch.cat(scores).numpy(), labels[parts["test"]])
    dev = _rates(learner, frames, parts["dev"]).numpy()
    return Row(
        cell,
        accuracy,
        accuracy_and_mrr(dev, labels[parts["dev"]])[0],
        mrr,
        [round(float(v), 3) for v in later / texts],
        [round(float(v), 3) for v in all_steps / texts],
        sops=round(float(all_steps[:-1] @ np.array(learner.sizes[1:])) / texts, 1),
    )
