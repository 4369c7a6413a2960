"""The table of one network's words: frames of words, or of positions, projected into its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from ...models.batches import by_length, to_batch
from ...models.memory import give_back
from ...seeds import generator
from ..frames import position_frames
from ..reference import BATCH, snn_positions
from .chunks import Chunk, in_bounds, word_chunks
from .front import Front
from .store import TokenStore


class WordTable:
    """Rows of words, made when they are first asked for.

    Args:
        front: of the network
        max_bytes: the most bytes of rows that are kept
        short: rows may be int16, where that holds them
        compiled: numba makes frames where it can
    """

    def __init__(self, front: Front, max_bytes: int, short: bool, compiled: bool) -> None:
        self.front, self.max_bytes = front, max_bytes
        self.short, self.compiled = short, compiled
        give_back()  # nothing else in a command is as large as a table
        self.store = self.new_store(max_bytes)

    @property
    def by_position(self) -> bool:
        """Whether a word has other frames at every place, as where its code is drawn at random."""
        return not self.front.encoder.by_word

    def new_store(self, max_bytes: int) -> TokenStore:
        """An empty store for at most ``max_bytes`` of rows of this network."""
        front, bits = self.front, self.front.short_bits if self.short else None
        words = None if self.by_position else front.model.embedding.num_embeddings
        return TokenStore(front.plan, front.biases, front.frames, words, max_bytes, bits)

    def keep_float32(self) -> None:
        """Never keep rows as int16, for users of the table that read float32."""
        self.short = False
        if self.store.kind != np.float32:
            self.store = self.new_store(self.max_bytes)

    def rows_of(self, words: np.ndarray) -> np.ndarray:
        """Rows of the store (n,) for word ids (n,), projected where they have none yet.

        The next call may give them to other words. A word must have the same everywhere.
        """
        return self.store.rows_of(words, self._fill)

    def _fill(self, new: np.ndarray) -> None:
        """Project words that have no row yet."""
        slots = self.store.assign(new)
        at_once = self.front.words_at_once
        for start in range(0, len(new), at_once):
            ids = torch.from_numpy(new[start : start + at_once])
            frames = self.front.word_frames(ids, self.compiled)
            self.write(self.store, slots[start : start + at_once], frames)

    def write(self, store: TokenStore, slots: np.ndarray, frames: Tensor) -> None:
        """Project frames (n, F, K) into the rows ``slots``."""
        views = store.views(slots)
        if views is not None:
            self.front.project(frames, views)
            return
        parts = [
            torch.from_numpy(np.empty((b.width, len(slots), store.frames, b.channels), store.kind))
            for b in self.front.plan.branches
        ]
        self.front.project(frames, parts)
        store.put(slots, parts)

    def chunks(
        self, sequences: Sequence[np.ndarray], seed: int, shared_noise: bool
    ) -> Iterator[Chunk]:
        """Texts with their rows in a table, as many at a time as it holds.

        Args:
            sequences: id sequences
            seed: of the noise of a code that is drawn at random
            shared_noise: one noise field for all texts
        """
        if self.by_position:
            return self._chunks_by_position(sequences, seed, shared_noise)
        return word_chunks(sequences, self.store, self.rows_of)

    def _chunks_by_position(
        self, sequences: Sequence[np.ndarray], seed: int, shared_noise: bool
    ) -> Iterator[Chunk]:
        """Frames of every position, made batch by batch as by the reference, draws included."""
        model = self.front.model
        batches = by_length(sequences, BATCH, snn_positions(model))
        for number, batch in enumerate(batches):
            ids, lengths = to_batch([sequences[i] for i in batch])
            x = model.embed(ids)  # (B, D, L)
            noise = generator(seed, "noise", 0 if shared_noise else number)
            frames = position_frames(
                self.front.encoder, x, lengths, model.steps, noise, shared_noise
            ).values  # (T, B * L, D')
            most = max(1, self.max_bytes // self.store.row_bytes)
            for part in in_bounds(sequences, batch, most):
                places = [batch.index(i) for i in part]
                rows = [p * ids.shape[1] + np.arange(int(lengths[p])) for p in places]
                yield self._chunk_of_positions(part, rows, frames)

    def _chunk_of_positions(
        self, texts: list[int], rows: list[np.ndarray], frames: Tensor
    ) -> Chunk:
        """A chunk whose table has a row for every position of its texts.

        Args:
            texts: their places among all texts
            rows: of each text its positions among those of ``frames``
            frames: (T, positions, D')
        """
        places, starts = np.concatenate(rows), np.cumsum([0, *(len(some) for some in rows)])
        count = len(places)
        store = self.new_store((count + 1) * self.store.row_bytes)
        sent = frames[:, torch.from_numpy(places)].transpose(0, 1)  # (n, T, D')
        slots = np.arange(1, count + 1)
        if count:
            signed = self.front.signed(sent).contiguous()
            self.write(store, slots, signed)
            self.front.note(store, slots, signed)
        return Chunk(texts, slots, starts, store)
