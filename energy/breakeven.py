"""Up to how many spikes for a MAC of the ANN a layer pays for itself, and how many it has.

An ANN's synapse costs one MAC (and its memory), none where its input is zero. The same synapse in
an SNN costs a synaptic operation for every spike that it carries, and a share of what is done
whatever the spikes (biases, thresholds). So with E_fixed and E_spike the two parts of the SNN
layer's energy, and r its synaptic operations for each MAC of the ANN, the layer pays while

    r < r* = r (E_ann - E_fixed) / E_spike

which for compute alone and no fixed work is the ratio of the prices, 4.6 / 0.9 = 5.1 in fp32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .layers import BY_SPIKE, Layer
from .price_table import EnergyTable


def break_even(
    ann: Sequence[Layer], snn: Sequence[Layer], table: EnergyTable
) -> list[dict[str, Any]]:
    """One row for every layer of synapses that ANN and SNN share by name.

    Args:
        ann: the ANN's layers
        snn: the SNN's layers, of the same texts
        table: prices

    Returns:
        layer; model, the table's name; spikes_per_synapse, r, SOPs for each MAC of the ANN (not
        those for each synapse, which `layers.Layer.row` has);
        break_even, r* (None where the table cannot price the ANN, or there are no spikes); pays,
        whether r is below it.
    """
    there = {layer.name: layer for layer in ann if layer.kind == "synapses"}
    neurons = _neurons_behind(snn)
    rows = []
    for layer in snn:
        base = there.get(layer.name)
        if layer.kind != "synapses" or base is None or not base.mean("macs"):
            continue
        carried = layer.mean("sops") / base.mean("macs")
        limit = None
        if not layer.mean("macs"):
            limit = _limit(base, layer, neurons.get(layer.name), table, carried)
        rows.append(
            {
                "layer": layer.name,
                "model": table.name,
                "spikes_per_synapse": carried,
                "break_even": limit,
                "pays": None if limit is None else carried < limit,
            }
        )
    return rows


def _limit(
    base: Layer, layer: Layer, neurons: Layer | None, table: EnergyTable, carried: float
) -> float | None:
    """r*, of a layer that carries ``carried`` spikes a synapse."""
    dense, parts = _joules(base, table), _joules(layer.only(BY_SPIKE), table)
    rest = [name for name in layer.counts if name not in BY_SPIKE]
    fixed = _joules(layer.only(rest), table)
    if neurons is not None:
        always = neurons.only(("updates", "leaks", "bias_adds"))
        fixed = None if fixed is None else fixed + (_joules(always, table) or 0.0)
    if dense is None or parts is None or fixed is None or not parts:
        return None
    return carried * (dense - fixed) / parts


def _joules(layer: Layer, table: EnergyTable) -> float | None:
    found = table.joules([layer])
    return None if found is None else float(np.mean(found))


def _neurons_behind(layers: Sequence[Layer]) -> dict[str, Layer]:
    """The layer of neurons that follows each layer of synapses in the list, where one does."""
    found: dict[str, Layer] = {}
    before: Layer | None = None
    for layer in layers:
        if layer.kind == "neurons" and before is not None:
            found[before.name] = layer
            before = None
        elif layer.kind == "synapses":
            before = layer
    return found
