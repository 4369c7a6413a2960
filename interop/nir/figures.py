"""What rounding to the grid changes, on labelled texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.evaluate import accuracy, snn_outputs
from ...models.snn import SpikingTextModel
from .graph.exported import ExportedNetwork


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
    classes = exported.form.weight.shape[0]
    for model in (before, exported.model):
        running, counts = snn_outputs(model, sequences)
        logits.append(running[-1])
        spikes.append(counts["sops_by_layer"][exported.form.readout] / classes)
    answers = [values.argmax(dim=1) for values in logits]
    return {
        "texts": len(sequences),
        "kept": int((answers[0] == answers[1]).sum()),
        **{f"accuracy_{name}": accuracy(v, labels) for name, v in zip(names, logits, strict=True)},
        **{f"pooled_spikes_{name}": v for name, v in zip(names, spikes, strict=True)},
    }
