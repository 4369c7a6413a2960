"""What every spiking layer does on real texts: firing rates, silence, rasters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...models.batches import to_batch
from ...models.network import Signal
from ...models.neurons.base import Neurons
from ...models.snn import SpikingTextModel
from ...seeds import generator

BINS = 20
SAMPLE = 512  # texts looked at


def _batches(
    snn: SpikingTextModel, sequences: Sequence[np.ndarray], size: int = 64
) -> list[tuple[Tensor, Tensor]]:
    """Texts in their order, as ``snn`` reads them."""
    starts = range(0, len(sequences), size)
    return [to_batch(sequences[start : start + size], snn) for start in starts]


@torch.no_grad()
def layer_activity(
    snn: SpikingTextModel, sequences: Sequence[np.ndarray], seed: int = 0
) -> list[dict[str, Any]]:
    """Firing statistics of the input and of every neuron layer, on up to 512 texts.

    Where a model runs pre-steps (`silenced.py`), only the T steps of the answer are looked at.

    Returns:
        One row a layer: name; rate, the mean spikes per neuron and step at valid positions; silent,
        the share of channels that never fire; saturated, the share of neurons (channel and
        position) that fire at every step; histogram, counts of channel rates in 20 bins of [0, 1].
    """
    sums: dict[str, Tensor] = {}
    places: dict[str, float] = {}
    full: dict[str, float] = {}
    noise = generator(seed, "activity")
    for ids, lengths in _batches(snn, sequences[:SAMPLE]):
        record: dict[str, Signal] = {}
        snn(ids, lengths, noise, record=record)
        for name, signal in record.items():
            is_input = name == "input" and snn.encoder.spiking
            if not is_input and not isinstance(
                snn.network.nodes[name] if name != "input" else None, Neurons
            ):
                continue
            counts = signal.values[-snn.steps :].sum(dim=0)  # (B, C, L) or (B, C)
            mask = signal.mask()
            if mask is not None:
                counts = counts.transpose(1, 2)[mask.squeeze(1)]  # (positions, C)
            sums[name] = sums.get(name, torch.zeros(counts.shape[1])) + counts.sum(dim=0).cpu()
            places[name] = places.get(name, 0.0) + len(counts)
            full[name] = full.get(name, 0.0) + float((counts >= snn.steps).sum())
    rows = []
    for name, total in sums.items():
        rates = total / (places[name] * snn.steps)  # (C,)
        histogram = torch.histc(rates, BINS, 0.0, 1.0)
        rows.append(
            {
                "name": name,
                "channels": len(rates),
                "rate": float(rates.mean()),
                "silent": float((total == 0).float().mean()),
                "saturated": full[name] / (places[name] * len(rates)),
                "histogram": [int(n) for n in histogram],
            }
        )
    return rows


@torch.no_grad()
def raster(
    snn: SpikingTextModel, sequence: np.ndarray, words: Sequence[str], seed: int = 0
) -> dict[str, Any]:
    """One sentence's spikes, for a picture.

    Returns:
        words; steps; input (L, T), the share of input channels that spike for each word and step;
        layers, by name, (T, channels) 0/1 spikes after pooling over positions; logits (T, K),
        running.
    """
    from ...models.snn import running_logits

    ids, lengths = _batches(snn, [sequence])[0]
    record: dict[str, Signal] = {}
    currents = snn(ids, lengths, generator(seed, "raster"), record=record)
    frames = record["input"].values[-snn.steps :, 0]  # (T, D', L)
    layers = {}
    for name, signal in record.items():
        if name == "input" or not isinstance(snn.network.nodes[name], Neurons):
            continue
        spikes = signal.values[-snn.steps :, 0]  # (T, C, L) or (T, C)
        pooled = spikes.amax(dim=-1) if spikes.dim() == 3 else spikes
        layers[name] = pooled.int().tolist()
    return {
        "words": list(words),
        "steps": snn.steps,
        "input": frames.abs().mean(dim=1).T[: len(words)].tolist(),
        "layers": layers,
        "logits": running_logits(currents)[:, 0].tolist(),
    }
