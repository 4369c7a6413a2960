"""Table rows of words, kept between batches: a least-recently-used cache bounded in bytes.

A store belongs to one engine and so to one code, number of steps and set of weights; inside it, a
row is found by its word id, or by other keys where only a few of very many are in use
(`SparseSlots`). Each branch has one array (k, rows, F, C), in the order that the numba kernels read
(`projection.by_tap`). Row 0 belongs to no word: it is what positions outside a text send.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..plan import Plan

if TYPE_CHECKING:
    from .kernels import TableBranch

CACHE_BYTES = 256 << 20
SILENT = 0
SLACK = 64  # `vectors.WIDEST`, which cannot be imported without numba


class SparseSlots:
    """Rows by key, read and written as the array (V,) of a small vocabulary would be."""

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}

    def __getitem__(self, keys: np.ndarray) -> np.ndarray:
        """Rows (n,) of keys (n,) int64, -1 where there is none."""
        find = self._slots.get
        return np.array([find(key, -1) for key in keys.tolist()], dtype=np.int64)

    def fill(self, slot: int) -> None:
        """Give every key this row; only -1, no row, can be given to all."""
        self._slots = {}

    def __setitem__(self, keys: np.ndarray, slots: np.ndarray | int) -> None:
        """Rows ``slots`` for ``keys``; -1 for keys that lose theirs."""
        if isinstance(slots, int):
            for key in keys.tolist():
                self._slots.pop(key, None)
        else:
            self._slots.update(zip(keys.tolist(), slots.tolist(), strict=True))


class TokenStore:
    """Rows of the projection table by word id.

    Args:
        plan: of the network
        biases: (C,) of each branch; they are part of tap 0, which every window reads once
        frames: F
        words: V, size of the vocabulary; None for keys of any size
        max_bytes: the most bytes of rows; at least one row beside the silent one is kept
        short_bits: k where rows are kept as int16, in multiples of 2^-k; float32 without it

    Attributes:
        arrays: the rows of each branch (k, rows, F, C); flat: the same numbers and `SLACK` more
        branches: the branches with these arrays as kernels read them; empty until they are made
    """

    def __init__(
        self,
        plan: Plan,
        biases: list[np.ndarray],
        frames: int,
        words: int | None,
        max_bytes: int,
        short_bits: int | None = None,
    ) -> None:
        self.plan, self.biases, self.frames = plan, biases, frames
        self.kind = np.dtype(np.float32 if short_bits is None else np.int16)
        self.unit = 2.0 ** -(short_bits or 0)  # what a number in a row stands for
        self.row_bytes = self.kind.itemsize * plan.taps * frames
        # row of each word, -1 where it has none
        self.slot_of: np.ndarray | SparseSlots
        self.slot_of = SparseSlots() if words is None else np.full(words, -1, dtype=np.int64)
        self.clock = 0
        self.projected = 0  # rows made since the start
        self._allocate(max(2, max_bytes // self.row_bytes))

    def _allocate(self, rows: int) -> None:
        """Empty arrays of ``rows`` rows; memory is touched only as they fill.

        Where there is no memory for them, those of before stay.
        """
        shapes = [(b.width, rows, self.frames, b.channels) for b in self.plan.branches]
        sizes = [int(np.prod(shape)) for shape in shapes]
        # a kernel's last vector may reach beyond the last row
        flat = [np.empty(size + SLACK, dtype=self.kind) for size in sizes]
        arrays = [
            values[:size].reshape(shape)
            for values, size, shape in zip(flat, sizes, shapes, strict=True)
        ]
        for array, bias in zip(arrays, self.biases, strict=True):
            array[:, SILENT] = 0
            array[0, SILENT] = bias / self.unit
        word_of = np.full(rows, -1, dtype=np.int64)
        used_at = np.zeros(rows, dtype=np.int64)
        spikes = np.full((rows, self.frames), -1, dtype=np.float32)  # of a frame; -1 unknown
        self.branches: list[TableBranch] = []
        self.flat, self.arrays = flat, arrays
        self.word_of, self.used_at, self.spikes = word_of, used_at, spikes
        self._work: dict[int, np.ndarray] = {}
        self.filled, self.rows = 1, rows

    def work_of(self, branch: int) -> np.ndarray:
        """Synapses that the frames of a row reach at each tap of a branch: (rows, F, k).

        Only rows whose spikes are known have them, and only branches where synapses are missing
        are asked: elsewhere every spike reaches all channels.
        """
        if branch not in self._work:
            shape = (self.rows, self.frames, self.plan.branches[branch].width)
            self._work[branch] = np.zeros(shape, dtype=np.float32)
        return self._work[branch]

    @property
    def bytes(self) -> int:
        """Bytes of the rows that hold words."""
        return int((self.word_of >= 0).sum()) * self.row_bytes

    def clear(self) -> None:
        """Forget all words."""
        self.slot_of.fill(-1)
        self.word_of[:] = -1
        self.spikes[:] = -1
        self.filled = 1

    def reserve(self, words: int) -> None:
        """Make room for a text of ``words`` words; a text longer than the bound allows is kept."""
        if words + 1 > self.rows:
            self.clear()
            self._allocate(words + 1)

    def touch(self, words: np.ndarray) -> np.ndarray:
        """Mark ``words`` (n,) as used now; return those that have no row, once each."""
        self.clock += 1
        slots = self.slot_of[words]
        missing = slots < 0
        self.used_at[slots[~missing] if missing.any() else slots] = self.clock
        return np.unique(words[missing])

    def rows_of(self, words: np.ndarray, fill: Callable[[np.ndarray], None]) -> np.ndarray:
        """Rows (n,) of words (n,); the next call may give them to other words.

        ``fill`` is called with words (m,) that have no row: it assigns them rows and writes those.
        If it does not come to its end (out of memory, Ctrl-C), all words are forgotten: none keeps
        a row that was not written.
        """
        self.reserve(len(words))
        new = self.touch(words)
        if len(new):
            try:
                fill(new)
            except BaseException:
                self.clear()
                raise
        return self.slot_of[words]

    def assign(self, words: np.ndarray) -> np.ndarray:
        """Rows for new ``words`` (n,), n < rows: empty ones first, then the least recently used."""
        free = min(len(words), self.rows - self.filled)
        slots = np.arange(self.filled, self.filled + free)
        self.filled += free
        if more := len(words) - free:
            age = self.used_at.copy()
            age[SILENT] = age[slots] = np.iinfo(np.int64).max
            oldest = np.argpartition(age, more - 1)[:more]
            self.slot_of[self.word_of[oldest]] = -1
            slots = np.concatenate([slots, np.sort(oldest)])
        self.slot_of[words], self.word_of[slots] = slots, words
        self.used_at[slots], self.spikes[slots] = self.clock, -1
        self.projected += len(words)
        return slots

    def views(self, slots: np.ndarray) -> list[Tensor] | None:
        """The rows ``slots`` of every branch (k, n, F, C) to write into; None if not in one run."""
        first, n = int(slots[0]), len(slots)
        if int(slots[-1]) - first != n - 1 or not (np.diff(slots) == 1).all():
            return None
        return [torch.from_numpy(array[:, first : first + n]) for array in self.arrays]

    def put(self, slots: np.ndarray, parts: list[Tensor]) -> None:
        """Copy rows (k, n, F, C) of every branch to ``slots``."""
        for array, part in zip(self.arrays, parts, strict=True):
            array[:, slots] = part.numpy()
