"""Texts that differ from a base text in a few words, as attacks ask for them by the hundred.

A changed word reaches only the windows that hold it. The other windows' share of the pooled signals
is read from summaries of the base text (`bases.py`, `kernels.py`), so a text costs as many windows
as its changes touch (`variants.py`). Words may be exchanged, inserted and deleted: what counts is
how many words a text has in common with the base from its start and from its end (`texts.py`).

Spikes equal those of the whole evaluation, because the same currents are integrated. Under a
Poisson code a word's spikes differ with its position and the seed: there a word at a position is
what has a row (`noise.py`), and words that an insertion moves count as changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ..inference.chunks import Chunk, in_bounds
from ..inference.fast import FastEngine
from ..inference.tally import Tally
from ..reference import checked_ids
from .bases import Bases
from .engine import Model, Rows, TableEngine, WordRows
from .noise import DrawnRows
from .texts import Texts
from .variants import Variants, logits_of_draws

KEPT = 4  # base texts whose summaries are kept


class Incremental(Generic[Model]):
    """An engine for texts that share words: it computes few windows of each.

    Texts that share too little are evaluated as a whole; what is to be counted, or has noise for
    every batch, is handed to ``engine``.

    Args:
        engine: evaluates whole texts, and holds the table of words
        kept: how many base texts to remember

    Raises:
        Unsupported: the engine runs without numba.
    """

    def __init__(self, engine: TableEngine[Model], kept: int = KEPT) -> None:
        engine.serve_windows()
        self.engine, self.kept = engine, kept
        self._take_layers()

    @property
    def model(self) -> Model:
        """The model as it is run: an SNN, or an ANN."""
        return self.engine.model

    def _take_layers(self) -> None:
        """Read the branches of the engine as it is now, and forget all bases."""
        self.layers = self.engine.layers
        table = self.engine.table if isinstance(self.engine, FastEngine) else None
        self.drawn = table is not None and table.by_position  # its code, at random
        self.rows: Rows = WordRows(self.engine)
        if table is not None and table.by_position:
            self.rows = DrawnRows(table)
        self.bases = Bases(self.engine, self.rows, self.kept)
        self.variants = Variants(self.engine, self.rows, self.bases.reach)

    def running_logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        counter: Tally | None = None,
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
        return self._evaluate(sequences, base, [seed], sums=False)[0]

    def logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        base: np.ndarray | None = None,
    ) -> Tensor:
        """Logits (N, K) after the last step; arguments as in :meth:`running_logits`."""
        if (self.drawn and not shared_noise) or not len(sequences):
            return self.engine.logits(sequences, seed, shared_noise)
        return self._evaluate(sequences, base, [seed], self.engine.sums_suffice)[0, -1]

    def logits_of_draws(
        self, sequences: Sequence[np.ndarray], seeds: Sequence[int], base: np.ndarray | None = None
    ) -> Tensor:
        """Logits (S, N, K) after the last step under the noise of each seed, shared by all texts.

        With the precision exact they are the bits of ``running_logits(...)[-1]`` for each seed.
        """
        if not len(sequences):
            raise InputError("expected at least one text, but got none")
        # half the rows for the words of a base, so that they stay while others come and go
        longest = max(1, *(len(ids) for ids in sequences), 0 if base is None else len(base))
        most = max(1, self.engine.store.rows // (2 * longest))
        sums = self.engine.sums_suffice
        parts = [
            self._evaluate(sequences, base, seeds[low : low + most], sums)[:, -1]
            for low in range(0, len(seeds), most)
        ]
        return torch.cat(parts)

    @torch.no_grad()
    def _evaluate(
        self,
        sequences: Sequence[np.ndarray],
        base: np.ndarray | None,
        seeds: Sequence[int],
        sums: bool,
    ) -> Tensor:
        """Logits (D, T, N, K) by seed; (D, 1, N, K) where ``sums`` over the steps suffice."""
        sequences = checked_ids(self.model, sequences, type(self.model))
        others = [] if base is None else checked_ids(self.model, [base], type(self.model))
        self.engine.refresh_if_changed()
        if self.engine.layers is not self.layers:
            self._take_layers()
        seeds = seeds if self.drawn else [0]
        texts = self.rows.ids(sequences)
        asked = self.rows.ids(others)[0] if others else None
        parts = list(self._parts(texts, asked, seeds, sums))
        if len(parts) == 1:
            return parts[0][1]
        order = np.concatenate([places for places, _ in parts])
        logits = torch.cat([part for _, part in parts], dim=2)
        return logits[:, :, torch.from_numpy(np.argsort(order))]

    def _parts(
        self,
        texts: list[np.ndarray],
        base: np.ndarray | None,
        seeds: Sequence[int],
        sums: bool,
    ) -> Iterator[tuple[np.ndarray, Tensor]]:
        """The places (n,) of texts that have a base in common, and their logits (D, T, n, K)."""
        left, groups = np.arange(len(texts)), 0
        while len(left):
            rest = [texts[i] for i in left]
            near = self.bases.best(rest, seeds) if base is None else self.bases.asked(base, rest)
            # texts of many kinds are not worth a search for each
            if near is None or not near.texts.any() or groups == self.kept:
                yield left, self._whole(rest, seeds, sums)
                return
            some, same = left[near.texts], near.same[near.texts]
            known = self.bases.known(near.base, seeds)
            variants = [texts[i] for i in some]
            yield some, self.variants.logits(known, variants, same, sums, seeds)
            left, groups = left[~near.texts], groups + 1

    def _whole(self, texts: list[np.ndarray], seeds: Sequence[int], sums: bool) -> Tensor:
        """Logits (D, T, N, K) of texts from all of their windows; (D, 1, N, K) of ``sums``."""
        if not self.drawn:
            if not sums:
                return self.engine.running_logits(texts).unsqueeze(0)
            return self.engine.logits(texts).reshape(1, 1, len(texts), -1)
        store = self.engine.store
        parts = []
        for some in in_bounds(texts, range(len(texts)), (store.rows - 1) // len(seeds)):
            joined = Texts.of([texts[i] for i in some])
            slots = self.rows.rows_of(joined.words, seeds)
            chunks = [Chunk(some, rows, joined.starts, store) for rows in slots]
            pooled = torch.stack([self.engine.pooled_chunk(chunk, sums) for chunk in chunks])
            parts.append(logits_of_draws(self.engine, pooled))
        return torch.cat(parts, dim=2)
