"""One measurement: what it is of, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ....checked_json import Value
from ....typed_json import INLINE, Count, from_json, to_json


@dataclass(frozen=True)
class Cell:
    """What a row is of.

    model: of `plan.MODELS`; seed: of weights, the order of the texts and dropout
    """

    dataset: str
    model: str
    seed: Count

    @property
    def name(self) -> str:
        """Of the file that holds the row."""
        return f"{self.dataset}-{self.model}-{self.seed}"


@dataclass(frozen=True)
class Activity:
    """How the neurons of a network fire, see `activity`."""

    rate: float
    after_spike: float
    always: float
    never: float
    decays: dict[str, list[float]]
    rates: dict[str, float]


@dataclass
class Row:
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
        activity: an `Activity`; empty of an ANN
        right: for each test text 1 where it was right, else 0
        text_joules: by ``synapses`` and ``everything``, of each energy text by the first table
        notes: what else is to be known
    """

    cell: Cell = field(metadata=INLINE)
    metric: str
    score: float
    dev_score: float
    trivial: float
    epochs: Count
    best_epoch: Count
    train_seconds: float
    parameters: Count
    energy_texts: Count
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

    def check(self, value: Value) -> None:
        """That there is all of an `Activity`, where there is any.

        Raises:
            InputError: there is not.
        """
        if self.activity:
            from_json(Activity, value["activity"])


def record(row: Row) -> dict[str, Any]:
    """A row as the JSON file of all has it: without what is of single texts."""
    values = to_json(row)
    del values["right"], values["text_joules"]
    values["notes"] = {name: v for name, v in values["notes"].items() if name != "stamp"}
    return values
