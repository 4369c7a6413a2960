"""The energy of training, as operations over one epoch, by two definitions.

- ``spikes``: SNNLP (Knipper et al. 2024) counts an SNN's operations as its spikes, so one spike is
  one accumulation whatever it reaches; its ANN is counted in MACs.
- ``fan-out``: every spike counts once for each synapse that it reaches (SOPs), as in inference.

Both count the forward pass over all training texts, once. Learning adds a backward pass: for
weights as many operations as forward (a gradient is added where a spike came), and for signals
one MAC for every synapse and step of the layers above the first, since gradients of the surrogate
are analog. That is the third definition, ``with backward``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .layers import Layer, total
from .price_table import EnergyTable

DEFINITIONS = ("spikes", "fan-out", "with backward")


def training_rows(
    ann: Sequence[Layer], snn: Sequence[Layer], table: EnergyTable, texts: int, first: set[str]
) -> list[dict[str, Any]]:
    """Operations and joules of one epoch, one row for each definition.

    Args:
        ann: the ANN's layers on a sample of training texts, without padding
        snn: the SNN's layers on the same sample
        table: prices of MACs and additions
        texts: in an epoch
        first: layers that read the input, which pass no gradient on

    Returns:
        definition, model, ann_operations, snn_operations, ann_joules, snn_joules, ratio (SNN to
        ANN), all of one epoch.
    """
    macs = float(np.mean(total(ann, "macs"))) * texts
    sops = float(np.mean(total(snn, "sops"))) * texts
    analog = float(np.mean(total(snn, "macs"))) * texts
    spikes = float(np.mean(total(snn, "spikes_out"))) * texts
    above = sum(layer.mean("synapses") for layer in snn if _passes(layer, first)) * texts
    steps = float(np.mean(snn[0].steps))
    above_ann = sum(layer.mean("macs") for layer in ann if _passes(layer, first)) * texts
    mac, add = table.pj.get("mac"), table.price("sop")
    counted = {
        "spikes": ((macs, 0.0), (analog, spikes)),
        "fan-out": ((macs, 0.0), (analog, sops)),
        "with backward": (
            (2 * macs + above_ann, 0.0),
            (2 * analog + above * steps, 2 * sops),
        ),
    }
    rows = []
    for definition, ((ann_macs, _), (snn_macs, adds)) in counted.items():
        priced = mac is not None
        ann_joules = ann_macs * (mac or 0.0) * 1e-12 if priced else None
        snn_joules = (snn_macs * (mac or 0.0) + adds * add) * 1e-12 if priced else None
        rows.append(
            {
                "definition": definition,
                "model": table.name,
                "texts": texts,
                "ann_operations": ann_macs,
                "snn_operations": snn_macs + adds,
                "ann_joules": ann_joules,
                "snn_joules": snn_joules,
                "ratio": None if not ann_joules else (snn_joules or 0.0) / ann_joules,
            }
        )
    return rows


def _passes(layer: Layer, first: set[str]) -> bool:
    """Whether a gradient is passed through the layer to one below."""
    return layer.kind == "synapses" and layer.name not in first
