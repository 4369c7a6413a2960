"""Base texts: which one some texts vary, and the summaries of its windows that are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .engine import AnyModel, Rows, TableEngine
from .kernels import Ends, base_summaries, window_count
from .summaries import summary_size
from .texts import Texts

BASE_BYTES = 64 << 20  # the most that the summaries of one base take, for one seed
KEPT_BYTES = 256 << 20  # the most that those of all bases and seeds take


class Base(NamedTuple):
    """A text whose windows are known.

    ids: (n,); summaries: by seed, those of each branch (of seed 0 alone where the code is
    deterministic)
    """

    ids: np.ndarray
    summaries: dict[int, list[Ends]]

    @property
    def bytes(self) -> int:
        """Bytes of all summaries."""
        return sum(a.nbytes for ends in self.summaries.values() for both in ends for a in both)


class Near(NamedTuple):
    """A base (n,), which of some texts (N,) are near it, and how much all have in common (N, 2)."""

    base: np.ndarray
    texts: np.ndarray
    same: np.ndarray

    @classmethod
    def of(cls, base: np.ndarray, texts: Texts, reach: int) -> tuple[Near, int]:
        """Near are texts that share half of their words; and how many windows are saved then.

        reach: how many positions beside a changed word the windows read that hold it
        """
        same, lengths = texts.same(base), texts.lengths
        changed = lengths - same.sum(axis=1)
        near = 2 * changed <= lengths
        return cls(base, near, same), int(np.maximum(lengths - changed - reach, 0)[near].sum())


class Bases:
    """The bases of one engine that were used last.

    Args:
        engine: with the table of words
        rows: where its words have their rows
        kept: how many bases to remember
    """

    def __init__(self, engine: TableEngine[AnyModel], rows: Rows, kept: int) -> None:
        self.engine, self.rows, self.kept = engine, rows, kept
        self.layers = engine.layers
        self.reach = max(layer.width for layer in self.layers) - 1
        self._sizes = [summary_size(layer, engine.store.frames) for layer in self.layers]
        self._bases: OrderedDict[bytes, Base] = OrderedDict()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._bases)

    def asked(self, base: np.ndarray, texts: Sequence[np.ndarray]) -> Near | None:
        """The texts near ``base``; None where it is too long to be kept."""
        return Near.of(base, Texts.of(texts), self.reach)[0] if self._fits(base) else None

    def best(self, texts: Sequence[np.ndarray], seeds: Sequence[int]) -> Near | None:
        """The texts near the base that saves most windows, if any does.

        Tried are those that are kept under all ``seeds``, the last used first, a text that looks
        like most of the texts, and the first of them.
        """
        joined = Texts.of(texts)
        kept = [
            base.ids
            for base in reversed(self._bases.values())
            if all(seed in base.summaries for seed in seeds)
        ]
        new = [joined.typical(), texts[0]] if len(texts) > 1 else []
        best, most = None, 0
        for number, base in enumerate([*kept, *new]):
            near, saved = Near.of(base, joined, self.reach)
            if number >= len(kept):
                saved -= 2 * len(base)  # its windows are computed first, twice
            if saved > most and self._fits(base):
                best, most = near, saved
        return best

    def _fits(self, base: np.ndarray) -> bool:
        """Whether the summaries of a base take no more than `BASE_BYTES`."""
        windows = [window_count(len(base), layer) for layer in self.layers]
        sizes = zip(windows, self._sizes, strict=True)
        return 8 * sum((count + 1) * size for count, size in sizes) <= BASE_BYTES

    def known(self, ids: np.ndarray, seeds: Sequence[int]) -> Base:
        """A base with its summaries under ``seeds``, computed where they are not kept."""
        key = np.ascontiguousarray(ids, np.int64).tobytes()
        base = self._bases.pop(key, None) or Base(np.array(ids, np.int64), {})
        new = [seed for seed in seeds if seed not in base.summaries]
        if new:
            slots = self.rows.rows_of(base.ids, new)
            for seed, rows in zip(new, slots, strict=True):
                base.summaries[seed] = self._summaries(rows)
        self._bases[key] = base
        self._forget(base, seeds)
        return base

    def _forget(self, last: Base, seeds: Sequence[int]) -> None:
        """Drop the oldest bases that are too many, then the ``last`` one's seeds before these."""
        held = sum(base.bytes for base in self._bases.values())
        while len(self._bases) > 1 and (len(self._bases) > self.kept or held > KEPT_BYTES):
            held -= self._bases.popitem(last=False)[1].bytes
        if held > KEPT_BYTES:
            for old in [seed for seed in last.summaries if seed not in seeds]:
                del last.summaries[old]

    def _summaries(self, rows: np.ndarray) -> list[Ends]:
        """Summaries of the windows of a text with ``rows`` (n,), of each branch."""
        store, branches = self.engine.store, []
        for layer, size, array in zip(self.layers, self._sizes, store.arrays, strict=True):
            shape = window_count(len(rows), layer) + 1, size
            ends = Ends(np.empty(shape, np.float32), np.empty(shape, np.float32))
            base_summaries(array.reshape(layer.width, store.rows, -1), rows, layer, ends)
            branches.append(ends)
        return branches
