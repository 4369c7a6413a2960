"""Every spike of an export beside those of a simulator that has read it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from .dialects import DIALECTS
from .folder.files import read_graph
from .foreign import foreign_of
from .graph.exported import ExportedNetwork

BATCH = 32


@dataclass(frozen=True)
class Check:
    """How a simulator differs from the package, on n texts.

    Attributes:
        simulator: its name
        texts: n
        neurons: how many spikes of all steps could differ
        spikes: how many of the convolution's neurons do, and so pooled, outputs, predictions
        exact: whether all were promised to agree
    """

    simulator: str
    texts: int
    neurons: int
    spikes: int
    pooled: int
    outputs: int
    predictions: int
    exact: bool

    @property
    def good(self) -> bool:
        """Whether all agrees that was promised: without a grid the predictions alone."""
        differ = (self.spikes, self.pooled, self.outputs) if self.exact else ()
        return not any((*differ, self.predictions))

    def row(self) -> list[str]:
        """For a table."""
        numbers = (self.texts, self.neurons, self.spikes, self.pooled, self.outputs)
        return [self.simulator, *(f"{n:,}" for n in (*numbers, self.predictions))]


TITLES = ["simulator", "texts", "neurons x T", "spikes", "pooled", "outputs", "predictions"]


def check(
    exported: ExportedNetwork,
    folder: Path,
    simulator: str,
    sequences: Sequence[np.ndarray],
    unchecked: bool = False,
) -> Check:
    """Read the file again with ``simulator``, run texts, and compare every spike.

    Args:
        exported: what was written to ``folder``
        folder: of the file
        simulator: a name of `dialects.DIALECTS`
        sequences: encoded texts
        unchecked: see `dialects.dialect.Dialect.check`

    Raises:
        InputError: the simulator is not there, of another version, or cannot read this graph.
    """
    graph, note = read_graph(folder)
    foreign = foreign_of(graph, DIALECTS[simulator], note, unchecked)
    differ = dict.fromkeys(("spikes", "pooled", "outputs", "predictions"), 0)
    neurons = 0
    for start in range(0, len(sequences), BATCH):
        expected = exported.expected(sequences[start : start + BATCH])
        outputs = foreign.run(expected.frames)
        pairs: dict[str, tuple[Tensor, Tensor]] = {
            "spikes": (foreign.spikes, expected.spikes),
            "pooled": (foreign.pooled, expected.pooled),
            "outputs": (outputs, expected.outputs),
            "predictions": (outputs.mean(dim=0).argmax(dim=1), expected.predictions),
        }
        for name, (theirs, ours) in pairs.items():
            differ[name] += int((theirs != ours).sum())
        neurons += expected.spikes.numel() + expected.pooled.numel()
    exact = exported.bits is not None
    return Check(simulator, len(sequences), neurons, **differ, exact=exact)


def check_figures(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """For JSON."""
    return [{**vars(found), "good": found.good} for found in checks]
