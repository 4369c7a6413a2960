"""Texts near a base: pooled signals from its summaries and the windows that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from .bases import Base
from .engine import AnyModel, Rows, TableEngine
from .kernels import Edits, pooled_variants
from .texts import Texts

CHUNK = 1 << 20  # pooled values at a time, few enough to stay in the cache


class Variants:
    """Evaluates texts that share words with a base.

    Args:
        engine: with the table of words
        rows: where its words have their rows
        reach: how many positions beside a changed word the windows read that hold it
    """

    def __init__(self, engine: TableEngine[AnyModel], rows: Rows, reach: int) -> None:
        self.engine, self.rows, self.reach = engine, rows, reach
        self.layers = engine.layers
        self.channels = sum(layer.channels for layer in self.layers)

    def logits(
        self,
        base: Base,
        texts: Sequence[np.ndarray],
        same: np.ndarray,
        sums: bool,
        seeds: Sequence[int],
    ) -> Tensor:
        """Logits (D, T, N, K) of texts near a base, by seed; (D, 1, N, K) of ``sums`` over steps.

        Args:
            base: with its summaries under all ``seeds``
            texts: N of them
            same: (N, 2) words in common with the base, from the start and from the end
            sums: the sums of pooled signals over the steps are enough
            seeds: of the noise, or one of any value
        """
        # texts that differ at the same place side by side, see `pooled_variants`
        order = np.lexsort((same[:, 1], same[:, 0]))
        steps = 1 if sums else self.layers[0].steps
        changed = [len(text) for text in texts] - same.sum(axis=1)
        parts = []
        for some in self._chunks(order, changed, steps, base, seeds):
            pooled = self._pooled(base, [texts[i] for i in some], same[some], steps, seeds)
            parts.append(logits_of_draws(self.engine, pooled))
        return torch.cat(parts, dim=2)[:, :, torch.from_numpy(np.argsort(order))]

    def _chunks(
        self,
        order: np.ndarray,
        changed: np.ndarray,
        steps: int,
        base: Base,
        seeds: Sequence[int],
    ) -> Iterator[np.ndarray]:
        """``order`` in parts whose pooled values stay in the cache.

        Their ``changed`` words are no more than the store has rows beside those of the base.
        """
        most = max(1, CHUNK // (len(seeds) * steps * self.channels))
        room = (self.engine.store.rows - 1) // len(seeds) - len(base.ids)
        low = 0
        while low < len(order):
            count = min(most, len(order) - low)
            while count > 1 and changed[order[low : low + count]].sum() > room:
                count //= 2
            yield order[low : low + count]
            low += count

    def _pooled(
        self,
        base: Base,
        texts: Sequence[np.ndarray],
        same: np.ndarray,
        steps: int,
        seeds: Sequence[int],
    ) -> Tensor:
        """Pooled signals (D, T, n, sum of C) of some texts, or their sums (``steps`` is 1)."""
        joined = Texts.of(texts)
        around = joined.around_changes(same, self.reach)
        slots = np.zeros((len(seeds), len(around)), np.int64)
        slots[:, around] = self.rows.rows_of(joined.words[around], seeds)
        store, column = self.engine.store, 0
        pooled = np.empty((len(seeds), len(texts), steps, self.channels), np.float32)
        for b, layer in enumerate(self.layers):
            table = store.arrays[b].reshape(layer.width, store.rows, -1)
            for d, seed in enumerate(seeds):
                edits = Edits(slots[d], joined.starts, same)
                pooled_variants(table, edits, layer, base.summaries[seed][b], column, pooled[d])
            column += layer.channels
        return torch.from_numpy(pooled).transpose(1, 2)


def logits_of_draws(engine: TableEngine[AnyModel], pooled: Tensor) -> Tensor:
    """Logits (D, S, n, K) of pooled signals (D, S, n, sum of C) under D draws.

    S = T, or less: then they are sums over the steps, and the logits those after the last step.
    """
    draws, steps, texts, features = pooled.shape
    together = pooled.transpose(0, 1).reshape(steps, draws * texts, features)
    logits = engine.pooled_logits(together, sums=steps < engine.layers[0].steps)  # (S, D * n, K)
    return logits.reshape(steps, draws, texts, -1).transpose(0, 1)
