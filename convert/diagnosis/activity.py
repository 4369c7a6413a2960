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


class _Counts:
    """Spikes of one layer, counted over texts.

    spikes: (C,) at valid positions; places: how many of these; full: neurons that fired each step.
    """

    def __init__(self) -> None:
        self.spikes, self.places, self.full = torch.zeros(1), 0.0, 0.0

    def update(self, signal: Signal, steps: int) -> None:
        """Add the last ``steps`` steps of spikes (T, B, C, L) or (T, B, C)."""
        counts = signal.values[-steps:].sum(dim=0)  # (B, C, L) or (B, C)
        mask = signal.mask()
        if mask is not None:
            counts = counts.transpose(1, 2)[mask.squeeze(1)]  # (positions, C)
        self.spikes = self.spikes + counts.sum(dim=0).cpu()
        self.places += float(len(counts))
        self.full += float((counts >= steps).sum())

    def row(self, name: str, steps: int) -> dict[str, Any]:
        """The layer's row of :func:`layer_activity`."""
        rates = self.spikes / (self.places * steps)  # (C,)
        return {
            "name": name,
            "channels": len(rates),
            "rate": float(rates.mean()),
            "silent": float((self.spikes == 0).float().mean()),
            "saturated": self.full / (self.places * len(rates)),
            "histogram": [int(n) for n in torch.histc(rates, BINS, 0.0, 1.0)],
        }


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
    layers: dict[str, _Counts] = {}
    noise = generator(seed, "activity")
    for ids, lengths in _batches(snn, sequences[:SAMPLE]):
        record: dict[str, Signal] = {}
        snn(ids, lengths, noise, record=record)
        for name, signal in record.items():
            if name == "input":
                spiking = snn.encoder.spiking
            else:
                spiking = isinstance(snn.network.nodes[name], Neurons)
            if spiking:
                layers.setdefault(name, _Counts()).update(signal, snn.steps)
    return [counts.row(name, snn.steps) for name, counts in layers.items()]


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
