"""One measurement: what it is of, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .....typed_json import INLINE
from .system import System, find_system


@dataclass(frozen=True)
class Cell:
    """What a row is of.

    system: name of a file of `systems` or `ablations`; steps: T, 0 for an ANN; seed: of the text
    stage, weights, the order of the texts and the draws
    """

    dataset: str
    system: str
    steps: int
    seed: int

    @property
    def name(self) -> str:
        """Of the file that holds the row."""
        return f"{self.dataset}-{self.system}-t{self.steps}-{self.seed}"

    @property
    def key(self) -> tuple[str, str, int]:
        """What rows of several seeds have alike: data set, system and T."""
        return self.dataset, self.system, self.steps

    @property
    def by(self) -> System:
        """What it is made by."""
        return find_system(self.system)


@dataclass
class Row:
    """What was measured for a `Cell`.

    Attributes:
        cell: what it is of
        accuracy, dev_accuracy: fractions, on test and on dev
        parameters: outside the word table; of an SNN whose weights of positive and negative inputs
            are one another's negative, each once
        sops: synaptic operations a test text: every spike times its real fan-out
        macs: multiply-accumulates a text of an ANN, zeros and padding skipped
        input_spikes_per_value: spikes of a component of a word
        joules: a text, projected by the first energy table
        epochs, best_epoch: of the last training
        seconds: of the processor, this row alone: an ANN that was there is not in it
        notes: what else is to be known
    """

    cell: Cell = field(metadata=INLINE)
    accuracy: float
    dev_accuracy: float
    parameters: int
    sops: float | None = None
    macs: float | None = None
    input_spikes_per_value: float | None = None
    joules: float | None = None
    epochs: int | None = None
    best_epoch: int | None = None
    seconds: float = 0.0
    notes: dict[str, Any] = field(default_factory=dict)
