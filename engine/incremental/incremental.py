"""Texts that differ from a base text in a few words, as attacks ask for them by the hundred.

A changed word reaches only the windows that hold it. The other windows' share of the pooled signals
is read from summaries of the base text (`kernels.py`), so a text costs as many windows
as its changes touch. Words may be exchanged, inserted and deleted: what counts is how many words
a text has in common with the base from its start and from its end.

Spikes equal those of the whole evaluation, because the same currents are integrated. Under a
Poisson code a word's spikes differ with its position and the seed: there a word at a position is
what has a row (`noise.py`), and words that an insertion moves count as changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import compress
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ...models.snn import SpikingTextModel, running_logits
from ..inference.chunks import Chunk, in_bounds
from ..plan import Unsupported
from .bases import Base, Rows, Texts, WordRows, typical
from .engine import TableEngine
from .kernels import (
    Layer,
    base_summaries,
    pooled_variants,
    summary_rows,
    window_count,
)
from .layers import layers_of
from .noise import DrawnRows

KEPT = 4  # base texts whose summaries are kept
BASE_BYTES = 64 << 20  # the most that the summaries of one base take, for one seed
KEPT_BYTES = 256 << 20  # the most that those of all bases and seeds take
CHUNK = 1 << 20  # pooled values at a time, few enough to stay in the cache


class Incremental:
    """An engine for texts that share words: it computes few windows of each.

    Texts that share too little are evaluated as a whole; what is to be counted, or has noise for
    every batch, is handed to ``engine``.

    Args:
        engine: evaluates whole texts, and holds the table of words
        kept: how many base texts to remember

    Raises:
        Unsupported: the engine runs without numba.
    """

    def __init__(self, engine: TableEngine, kept: int = KEPT) -> None:
        if engine.backend != "numba":
            raise Unsupported("evaluating only what changed needs the numba kernels")
        self.engine: Any = engine
        self.kept = kept
        engine.keep_float32()
        self._take_front()

    @property
    def model(self) -> Any:
        """The model as it is run: an SNN, or an ANN."""
        return self.engine.model

    @property
    def drawn(self) -> bool:
        """Whether the code is drawn at random."""
        return isinstance(self.model, SpikingTextModel) and self.model.encoder.stochastic

    def running_logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        counter: Any = None,
        base: np.ndarray | None = None,
    ) -> Tensor:
        """Running logits (T, N, K) of id sequences, as `FastEngine.running_logits` gives them.

        Args:
            sequences: N id sequences
            seed: of the noise, where the code is drawn at random
            shared_noise: one noise field for all texts; with noise for every batch, all windows
                are computed
            counter: when given, counts spikes and operations; all windows are then computed
            base: the text (n,) that they vary, which need not be one of them; without it texts
                seen before, and those that most of ``sequences`` resemble, are tried
        """
        own_noise = self.drawn and not shared_noise
        if counter is not None or own_noise or not len(sequences):
            return self.engine.running_logits(sequences, seed, shared_noise, counter)
        return self._evaluate(sequences, base, True, [seed])[0]

    def logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        base: np.ndarray | None = None,
    ) -> Tensor:
        """Logits (N, K) after the last step; arguments as in :meth:`running_logits`."""
        if (self.drawn and not shared_noise) or not len(sequences):
            whole: Tensor = self.engine.logits(sequences, seed, shared_noise)
            return whole
        return self._evaluate(sequences, base, self.engine.affine is None, [seed])[0, -1]

    def logits_of_draws(
        self, sequences: Sequence[np.ndarray], seeds: Sequence[int], base: np.ndarray | None = None
    ) -> Tensor:
        """Logits (S, N, K) after the last step under the noise of each seed, shared by all texts.

        With the precision exact they are the bits of ``running_logits(...)[-1]`` for each seed.
        """
        if not len(sequences):
            raise InputError("expected at least one text, but got none")
        every_step = self.engine.affine is None
        # half the rows for the words of a base, so that they stay while others come and go
        longest = max(1, *(len(ids) for ids in sequences), 0 if base is None else len(base))
        most = max(1, self.engine.store.rows // (2 * longest))
        parts = [
            self._evaluate(sequences, base, every_step, seeds[low : low + most])[:, -1]
            for low in range(0, len(seeds), most)
        ]
        return torch.cat(parts)

    def _take_front(self) -> None:
        """Read the branches of the engine as it is now, and forget all bases."""
        self.front = self.engine.front
        self.layers = layers_of(self.engine)
        self.reach = max(layer.width for layer in self.layers) - 1
        self.rows: Rows = DrawnRows(self.engine) if self.drawn else WordRows(self.engine)
        self._bases: OrderedDict[bytes, Base] = OrderedDict()

    @torch.no_grad()
    def _evaluate(
        self,
        sequences: Sequence[np.ndarray],
        base: np.ndarray | None,
        every_step: bool,
        seeds: Sequence[int],
    ) -> Tensor:
        """Logits (D, S, N, K) by seed, of every step or of the last alone (S = 1)."""
        self.engine.refresh_if_changed()
        if self.engine.front is not self.front:
            self._take_front()
        seeds = seeds if self.drawn else [0]
        texts = self.rows.ids(sequences)
        given = None if base is None else self.rows.ids([base])[0]
        parts: list[tuple[np.ndarray, Tensor]] = []
        left = np.arange(len(texts))
        while len(left):
            rest = [texts[i] for i in left]
            if given is None:
                chosen, near = self._best_base(rest, seeds)
            else:
                chosen, near = self._given_base(given, rest)
            # texts of many kinds are not worth a search for each
            if chosen is None or not near.any() or len(parts) == self.kept:
                parts.append((left, self._whole(rest, every_step, seeds)))
                break
            some = [texts[i] for i in left[near]]
            parts.append((left[near], self._variants(chosen, some, every_step, seeds)))
            left = left[~near]
        if len(parts) == 1:
            return parts[0][1]
        order = np.concatenate([indices for indices, _ in parts])
        logits = torch.cat([part for _, part in parts], dim=2)
        return logits[:, :, torch.from_numpy(np.argsort(order))]

    def _whole(self, texts: list[np.ndarray], every_step: bool, seeds: Sequence[int]) -> Tensor:
        """Logits (D, S, N, K) of texts from all of their windows."""
        if not self.drawn:
            if every_step:
                return self.engine.running_logits(texts).unsqueeze(0)
            return self.engine.logits(texts).reshape(1, 1, len(texts), -1)
        store = self.engine.store
        parts = []
        for some in in_bounds(texts, range(len(texts)), (store.rows - 1) // len(seeds)):
            joined = Texts.of([texts[i] for i in some])
            slots = self.rows.rows_of(joined.words, seeds)
            pooled = [
                self.engine.pooled_chunk(Chunk(some, rows, joined.starts, store), not every_step)
                for rows in slots
            ]
            parts.append(self._logits(torch.stack(pooled)))
        return torch.cat(parts, dim=2)

    def _logits(self, pooled: Tensor) -> Tensor:
        """Logits (D, S, n, K) of pooled signals (D, S, n, sum of C), or of their sums (S = 1)."""
        draws, steps, texts, features = pooled.shape
        if steps < len(self.front.order):
            logits = self.engine.logits_of_sums(pooled.reshape(-1, features))
            return logits.reshape(draws, 1, texts, -1)
        together = pooled.transpose(0, 1).reshape(steps, draws * texts, features)
        logits = running_logits(self.engine.currents(together))  # (S, D * n, K)
        return logits.reshape(steps, draws, texts, -1).transpose(0, 1)

    # ---- which base ----------------------------------------------------------------------------

    def _near(self, changed: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Which texts share enough words with a base: at least half of them."""
        return 2 * changed <= lengths

    def _given_base(
        self, base: np.ndarray, texts: list[np.ndarray]
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """The base, None where it is too long to be kept, and the texts near it."""
        joined = Texts.of(texts)
        near = self._near(joined.changed(base)[1], joined.lengths)
        return (base if self._fits(base) else None), near

    def _best_base(
        self, texts: list[np.ndarray], seeds: Sequence[int]
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """The base that saves most windows, None where none does, and the texts near it."""
        joined = Texts.of(texts)
        lengths = joined.lengths
        known = [all(seed in base.summaries for seed in seeds) for base in self._bases.values()]
        kept = [base.ids for base in compress(self._bases.values(), known)][::-1]
        made = [typical(joined), texts[0]] if len(texts) > 1 else []
        best: np.ndarray | None = None
        best_saved, best_near = 0, np.zeros(len(texts), bool)
        for number, base in enumerate([*kept, *made]):
            _, changed = joined.changed(base)
            near = self._near(changed, lengths)
            saved = int(np.maximum(lengths - changed - self.reach, 0)[near].sum())
            if number >= len(kept):
                saved -= 2 * len(base)  # its windows are computed first, twice
            if saved > best_saved and self._fits(base):
                best, best_saved, best_near = base, saved, near
        return best, best_near

    def _fits(self, base: np.ndarray) -> bool:
        """Whether the summaries of a base take no more than `BASE_BYTES`."""
        sizes = (
            8 * (window_count(len(base), layer) + 1) * self._summary(layer) for layer in self.layers
        )
        return sum(sizes) <= BASE_BYTES

    def _summary(self, layer: Layer) -> int:
        """Numbers of one summary of a branch, R * C."""
        return summary_rows(layer.rule, len(layer.order), self.front.frames) * len(layer.initial)

    # ---- variants of a base --------------------------------------------------------------------

    def _variants(
        self, base: np.ndarray, texts: list[np.ndarray], every_step: bool, seeds: Sequence[int]
    ) -> Tensor:
        """Logits (D, S, N, K) of texts near a base."""
        same, changed = Texts.of(texts).changed(base)
        # texts that differ at the same place side by side, see `pooled_variants`
        order = np.lexsort((same[:, 1], same[:, 0]))
        steps = len(self.front.order) if every_step else 1
        channels = sum(len(layer.initial) for layer in self.layers)
        most = max(1, CHUNK // (len(seeds) * steps * channels))
        known = self._known(base, seeds)
        parts, low = [], 0
        while low < len(texts):
            count = min(most, len(texts) - low)
            # no more new words at a time than the store has rows
            room = (self.engine.store.rows - 1) // len(seeds) - len(base)
            while count > 1 and changed[order[low : low + count]].sum() > room:
                count //= 2
            some = order[low : low + count]
            parts.append(self._chunk(known, [texts[i] for i in some], same[some], steps, seeds))
            low += count
        return torch.cat(parts, dim=2)[:, :, torch.from_numpy(np.argsort(order))]

    def _chunk(
        self,
        base: Base,
        texts: list[np.ndarray],
        same: np.ndarray,
        steps: int,
        seeds: Sequence[int],
    ) -> Tensor:
        """Logits (D, S, n, K) of some texts with ``same`` (n, 2) words in common with the base."""
        joined = Texts.of(texts)
        near = joined.around_changes(same, self.reach)
        slots = np.zeros((len(seeds), len(near)), np.int64)
        slots[:, near] = self.rows.rows_of(joined.words[near], seeds)
        store, channels = self.engine.store, [len(layer.initial) for layer in self.layers]
        pooled = np.empty((len(seeds), len(texts), steps, sum(channels)), np.float32)
        for b, layer in enumerate(self.layers):
            table = store.arrays[b].reshape(layer.width, store.rows, -1)
            column = sum(channels[:b])
            for d, seed in enumerate(seeds):
                first, last = base.summaries[seed]
                pooled_variants(
                    table, slots[d], joined.starts, same, layer, first[b], last[b], column,
                    pooled[d],
                )  # fmt: skip
        return self._logits(torch.from_numpy(pooled).transpose(1, 2))

    def _known(self, ids: np.ndarray, seeds: Sequence[int]) -> Base:
        """The summaries of a base, computed where they are not kept."""
        key = np.ascontiguousarray(ids, np.int64).tobytes()
        base = self._bases.pop(key, None) or Base(np.array(ids, np.int64), {})
        new = [seed for seed in seeds if seed not in base.summaries]
        if new:
            slots = self.rows.rows_of(base.ids, new)
            for seed, rows in zip(new, slots, strict=True):
                base.summaries[seed] = self._summaries(rows)
        self._bases[key] = base
        held = sum(kept.bytes for kept in self._bases.values())
        while len(self._bases) > 1 and (len(self._bases) > self.kept or held > KEPT_BYTES):
            held -= self._bases.popitem(last=False)[1].bytes
        for old in [seed for seed in base.summaries if seed not in seeds and held > KEPT_BYTES]:
            del base.summaries[old]
        return base

    def _summaries(self, rows: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Summaries of the first and of the last windows of a text with ``rows`` (n,)."""
        store = self.engine.store
        firsts, lasts = [], []
        for layer, array in zip(self.layers, store.arrays, strict=True):
            shape = window_count(len(rows), layer) + 1, self._summary(layer)
            first, last = np.empty(shape, np.float32), np.empty(shape, np.float32)
            table = array.reshape(layer.width, store.rows, -1)
            base_summaries(table, rows, layer, first, last)
            firsts.append(first)
            lasts.append(last)
        return firsts, lasts
