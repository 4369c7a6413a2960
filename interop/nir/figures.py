"""What rounding to the grid changes, on labelled texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from ...engine.engines import make_engine
from ...engine.evaluate import accuracy
from ...models.network import Signal
from ...models.operations import SpikeCounter
from ...models.snn import SpikingTextModel
from .graph.exported import ExportedNetwork


@dataclass
class _PooledSpikes(SpikeCounter):
    """Counts the spikes that arrive at the readout too.

    They are not its operations over its classes: a weight that was rounded to zero is no synapse.
    """

    pooled: float = 0.0

    def tally(
        self,
        samples: int,
        input_spikes: Tensor,
        record: dict[str, Signal],
        known: dict[str, Tensor],
    ) -> None:
        """As `SpikeCounter.tally`."""
        super().tally(samples, input_spikes, record, known)
        (source,) = self.network.inputs[self.network.output]
        self.pooled += float(self.spikes(source, record).values.double().sum())


def rounding_figures(
    before: SpikingTextModel,
    exported: ExportedNetwork,
    sequences: Sequence[np.ndarray],
    labels: Sequence[int],
) -> dict[str, Any]:
    """Predictions kept, accuracies, and pooled spikes a text before and after rounding.

    Both networks run as `snnconvert evaluate` runs them, on texts of any length.
    """
    names = ("before", "after")
    logits, spikes = [], []
    for model in (before, exported.model):
        run = make_engine(model, texts=len(sequences))
        counter = _PooledSpikes(run.model.network, input_is_analog=not model.encoder.spiking)
        logits.append(run.running_logits(sequences, counter=counter)[-1])
        spikes.append(counter.pooled / max(counter.samples, 1))
    answers = [values.argmax(dim=1) for values in logits]
    return {
        "texts": len(sequences),
        "kept": int((answers[0] == answers[1]).sum()),
        **{f"accuracy_{name}": accuracy(v, labels) for name, v in zip(names, logits, strict=True)},
        **{f"pooled_spikes_{name}": v for name, v in zip(names, spikes, strict=True)},
    }
