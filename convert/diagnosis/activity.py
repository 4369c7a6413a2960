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
from ..totals import MOST_VALUES, run_totals, steps_at_once
from .sample import looked_at

BINS = 20


class _Counts:
    """Spikes of one layer, counted over texts.

    spikes: (C,) at valid positions; places: how many of these; full: neurons that fired each step.
    """

    def __init__(self) -> None:
        self.spikes, self.places, self.full = torch.zeros(1, dtype=torch.float64), 0.0, 0.0

    def update(self, signal: Signal, steps: int) -> None:
        """Add the spikes that ``steps`` steps sum up to, (B, C, L) or (B, C)."""
        counts = signal.values
        mask = signal.mask()
        if mask is not None:
            counts = counts.transpose(1, 2)[mask.squeeze(1)]  # (positions, C)
        self.spikes = self.spikes + counts.sum(dim=0, dtype=torch.float64).cpu()  # exact
        self.places += float(len(counts))
        self.full += float((counts >= steps).sum())

    def row(self, name: str, steps: int) -> dict[str, Any]:
        """The layer's row of :func:`layer_activity`."""
        rates = self.spikes.float() / (self.places * steps)  # (C,)
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
    snn: SpikingTextModel,
    sequences: Sequence[np.ndarray],
    seed: int = 0,
    most: int = MOST_VALUES,
    progress: str | None = None,
) -> list[dict[str, Any]]:
    """Firing statistics of the input and of every neuron layer, on up to 512 texts.

    Where a model runs pre-steps (`silenced.py`), only the T steps of the answer are looked at.

    Args:
        snn: the spiking model
        sequences: id sequences
        seed: of the noise of a stochastic encoder
        most: values that may be held of a step, see `convert.totals`
        progress: label of a progress bar, none without it

    Returns:
        One row a layer: name; rate, the mean spikes per neuron and step at valid positions; silent,
        the share of channels that never fire; saturated, the share of neurons (channel and
        position) that fire at every step; histogram, counts of channel rates in 20 bins of [0, 1].
    """
    layers = {name: _Counts() for name in spiking_nodes(snn)}
    noise = generator(seed, "activity")
    for ids, lengths in looked_at(snn, sequences, most, progress):
        found = run_totals(snn, ids, lengths, noise, layers, most)
        for name, counts in layers.items():
            counts.update(found[name], snn.steps)
    return [counts.row(name, snn.steps) for name, counts in layers.items()]


def spiking_nodes(snn: SpikingTextModel) -> list[str]:
    """The names of the layers of neurons, and of the input where it spikes, in their order."""
    neurons = [n for n in snn.network.inputs if isinstance(snn.network.nodes[n], Neurons)]
    return ["input", *neurons] if snn.encoder.spiking else neurons


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

    ids, lengths = to_batch([sequence], snn)
    size = steps_at_once(snn, ids)
    shares, currents = [], []
    fired: dict[str, list[Tensor]] = {name: [] for name in spiking_nodes(snn) if name != "input"}
    for record in snn.pieces(ids, lengths, size, generator(seed, "raster")):
        shares.append(record["input"].values[:, 0].abs().mean(dim=1))  # (T', L)
        currents.append(record[snn.network.output].values)
        for name, pieces in fired.items():
            spikes = record[name].values[:, 0]  # (T', C, L) or (T', C)
            pieces.append(spikes.amax(dim=-1) if spikes.dim() == 3 else spikes)

    def answer(pieces: list[Tensor]) -> Tensor:
        return torch.cat(pieces)[-snn.steps :]  # without pre-steps

    return {
        "words": list(words),
        "steps": snn.steps,
        "input": answer(shares).T[: len(words)].tolist(),
        "layers": {name: answer(pieces).int().tolist() for name, pieces in fired.items()},
        "logits": running_logits(answer(currents))[:, 0].tolist(),
    }
