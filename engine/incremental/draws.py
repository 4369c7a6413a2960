"""Several noise draws at once: one noise field for all texts, or noise of its own for each.

Engines other than the fast one are asked draw by draw; the logits are the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...models.snn import SpikingTextModel
from ..inference.chunks import Chunk, in_bounds
from ..inference.fast import FastEngine
from ..inference.table import WordTable
from ..reference import Engine, checked_ids
from .noise import Field, Placed, project_drawn

OWN_BYTES = 16 << 20  # table rows of texts with noise of their own that are made at a time


def logits_of_draws(
    engine: Engine, sequences: Sequence[np.ndarray], seeds: Sequence[int]
) -> Tensor:
    """Logits (S, N, K) of id sequences under the noise of each seed, shared by all texts.

    Equal to ``engine.running_logits(sequences, seed, shared_noise=True)[-1]`` for each seed.
    """
    together = getattr(engine, "logits_of_draws", None)  # `Incremental`, which loads numba
    if together is not None:
        logits: Tensor = together(sequences, seeds)
        return logits
    return torch.stack([engine.running_logits(sequences, seed, True)[-1] for seed in seeds])


def logits_of_own_draws(
    engine: Engine, sequences: Sequence[np.ndarray], seeds: Sequence[int]
) -> Tensor:
    """Logits (N, K) of id sequences, each alone under the noise of its own seed.

    Row i equals ``engine.running_logits([sequences[i]], seeds[i], shared_noise=True)[-1, 0]``.
    """
    fast = getattr(engine, "engine", engine)  # what `Incremental` evaluates whole texts with
    if isinstance(fast, FastEngine) and fast.model.encoder.bernoulli:
        return _together(fast, sequences, seeds)
    pairs = zip(sequences, seeds, strict=True)
    return torch.stack([engine.running_logits([ids], seed, True)[-1, 0] for ids, seed in pairs])


@torch.no_grad()
def _together(engine: FastEngine, sequences: Sequence[np.ndarray], seeds: Sequence[int]) -> Tensor:
    """As :func:`logits_of_own_draws`: a table row for every word of every text."""
    sequences = checked_ids(engine.model, sequences, SpikingTextModel)
    engine.refresh_if_changed()
    table, sums = engine.table, engine.sums_suffice
    words = sum(len(ids) for ids in sequences)
    most = max(1, min(OWN_BYTES // engine.store.row_bytes, words))
    store = table.new_store((most + 1) * engine.store.row_bytes)
    parts = []
    for some in in_bounds(sequences, range(len(sequences)), most):
        starts = np.cumsum([0, *(len(sequences[i]) for i in some)])
        slots = np.arange(1, starts[-1] + 1)
        store.reserve(len(slots))
        if len(slots):
            placed = [_placed(table, sequences[i], seeds[i]) for i in some]
            project_drawn(table, store, slots, placed)
        pooled = engine.pooled_chunk(Chunk(some, slots, starts, store), sums)
        parts.append(engine.pooled_logits(pooled, sums)[-1])
    return torch.cat(parts)


def _placed(table: WordTable, ids: np.ndarray, seed: int) -> Placed:
    """The words of a text under a noise field of its own."""
    model = table.front.model
    channels = table.front.encoder.channels(model.embedding.embedding_dim)
    noise = Field(seed, model.steps, channels).reach(len(ids), exactly=True)
    return Placed(noise, np.arange(len(ids)), np.asarray(ids, np.int64))
