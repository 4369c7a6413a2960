"""One measurement: what it is of, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..shared.row_files import FlatRow


@dataclass(frozen=True)
class Cell:
    """What a row is of.

    model: of `plan.MODELS`; seed: of weights, the order of the texts and dropout
    """

    dataset: str
    model: str
    seed: int

    @property
    def name(self) -> str:
        """Of the file that holds the row."""
        return f"{self.dataset}-{self.model}-{self.seed}"


@dataclass
class Row(FlatRow):
    """What was measured for a `Cell`.

    Attributes:
        cell: what it is of
        metric: what ``score`` is, of `engine.scores.SCORES`
        score, dev_score: on test, of the epoch that dev chose, and on dev
        trivial: the accuracy on test of the answer that is the most frequent in training; of other
            scores the best that one answer for all texts has
        epochs, best_epoch: of the training
        train_seconds: of the processor: forward, backward, update, and the scores on dev
        parameters: outside the word table
        energy_texts: test texts that the work is counted on, the same for all rows of a data set
        spikes, sops, macs: a text: spikes, additions for spikes at synapses, multiply-accumulates
        share: of the synapses that carry a spike at a step; None of an ANN
        synapses, everything: joules a text by energy table; None where a table has no price
        activity: firing rates and the like, see `activity`
        right: for each test text 1 where it was right, else 0
        text_joules: by ``synapses`` and ``everything``, of each energy text by the first table
        notes: what else is to be known
    """

    cell: Cell
    metric: str
    score: float
    dev_score: float
    trivial: float
    epochs: int
    best_epoch: int
    train_seconds: float
    parameters: int
    energy_texts: int
    spikes: float
    sops: float
    macs: float
    share: float | None
    synapses: dict[str, float | None]
    everything: dict[str, float | None]
    activity: dict[str, Any] = field(default_factory=dict)
    right: str = ""
    text_joules: dict[str, list[float]] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
