"""One row of the reproduction: what it is of, and what was measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from .....typed_json import INLINE


@dataclass(frozen=True)
class Cell:
    """What a row is of.

    dataset, level: ``word``, ``sentence`` or ``bits``; code: of the input, ``none`` for an ANN;
    recipe: ``published``, ``ann``, ``ours``, or one of `measures.MEASURES`; steps: T, 0 for an ANN;
    seed: of split, weights and draws
    """

    dataset: str
    level: str
    code: str
    recipe: str
    steps: int
    seed: int

    @property
    def name(self) -> str:
        """Of the file that holds the row."""
        return "-".join(str(part) for part in asdict(self).values())


@dataclass
class Row:
    """What was measured for a `Cell`.

    Attributes:
        cell: what it is of
        accuracy, dev_accuracy: fractions, on test and on dev
        mrr: mean reciprocal rank of the true class on test, equal counts in the order of classes
        spikes_per_layer: spikes a text on test, the input's first; the first step left out, as
            SNNLP counts, but not in ours
        spikes_with_first_step: the same, all steps
        sops: synaptic operations a text: every spike times its real fan-out
        macs: multiply-accumulates a text, of an ANN
        published_accuracy: None where nothing was published
        epochs: trained; best_epoch: chosen by the loss on dev, from 1
        learning_curve: by epoch ``train_loss``, ``dev_loss`` and ``dev_accuracy``
        seconds: of the process, training and measuring
        notes: by name, what else is to be known of the row
    """

    cell: Cell = field(metadata=INLINE)
    accuracy: float
    dev_accuracy: float
    mrr: float
    spikes_per_layer: list[float] = field(default_factory=list)
    spikes_with_first_step: list[float] = field(default_factory=list)
    sops: float = 0.0
    macs: float = 0.0
    published_accuracy: float | None = None
    epochs: int = 0
    best_epoch: int = 0
    learning_curve: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    notes: dict[str, Any] = field(default_factory=dict)
