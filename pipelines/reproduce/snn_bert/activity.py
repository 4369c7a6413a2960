"""How neurons fire on test texts: rates, neurons that never rest, decays that were learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....models.batches import by_length, to_batch
from ....models.network import Network, Signal
from ....models.neurons.direct.lif import TrainedLIF
from ....models.neurons.direct.node import BPSN
from ....models.text_model import TextModel

BATCH = 64


@dataclass
class _Sums:
    """Over (text, neuron) pairs and their steps."""

    spikes: float = 0.0
    places: float = 0.0
    always: float = 0.0
    never: float = 0.0
    pairs: float = 0.0
    again: float = 0.0
    before: float = 0.0

    def add(self, spikes: Tensor, valid: Tensor) -> None:
        """Spikes (..., time) of neurons, and which steps are the text's own, alike in shape."""
        counts, own = spikes.sum(-1), valid.sum(-1)
        self.spikes += float(counts.sum())
        self.places += float(own.sum())
        there = own > 0
        self.always += float(((counts == own) & there).sum())
        self.never += float(((counts == 0) & there).sum())
        self.pairs += float(there.sum())
        followed = spikes[..., :-1] * valid[..., 1:]
        self.before += float(followed.sum())
        self.again += float((followed * spikes[..., 1:]).sum())


@torch.no_grad()
def activity_of(model: TextModel, sequences: Sequence[np.ndarray]) -> dict[str, Any]:
    """Rates by layer; shares of (text, neuron) pairs that fire at every step, and at none.

    Time is what the neurons have as time: the positions of a text, or the steps of its showing; a
    pair of the latter is of a position too. ``after_spike`` is the share of steps after a spike
    that have one.

    Args:
        model: word vectors and a network that spikes
        sequences: id sequences
    """
    network = model.network.eval()
    layers = {n: _Sums() for n in network.inputs if isinstance(network.node(n), BPSN | TrainedLIF)}
    for batch in by_length(sequences, BATCH):
        ids, lengths = to_batch([sequences[i] for i in batch], model)
        record: dict[str, Signal] = {}
        network(Signal(model.embed(ids), lengths), record)
        mask = torch.arange(ids.shape[1]) < lengths[:, None]  # (B, L)
        for name, sums in layers.items():
            values = record[name].values  # (B, C, L), or (T, B, C, L)
            valid = mask[:, None, :].expand_as(values).to(values.dtype)
            if values.dim() == 4:
                values, valid = values.movedim(0, -1), valid.movedim(0, -1)
            sums.add(values, valid)
    return _figures(network, layers)


def _figures(network: Network, layers: dict[str, _Sums]) -> dict[str, Any]:
    def share(part: str, whole: str) -> float:
        parts = sum(getattr(sums, part) for sums in layers.values())
        return round(parts / max(sum(getattr(sums, whole) for sums in layers.values()), 1.0), 4)

    return {
        "rate": share("spikes", "places"),
        "always": share("always", "pairs"),
        "never": share("never", "pairs"),
        "after_spike": share("again", "before"),
        "rates": {n: round(s.spikes / max(s.places, 1.0), 4) for n, s in layers.items()},
        "decays": _decays(network),
    }


def _decays(network: Network) -> dict[str, list[float]]:
    """Forward and backward decay of each layer that has them."""
    found = {}
    for name in network.inputs:
        node = network.node(name)
        if isinstance(node, BPSN):
            p = node.parameters_now()
            found[name] = [round(float(d.mean()), 3) for d in (p.forward, p.backward)]
    return found
