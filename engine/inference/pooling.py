"""From table rows to pooled signals by the kernels, on any number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor

from ..compiled.layer import Layer
from .chunks import Chunk
from .store import SLACK, TokenStore

if TYPE_CHECKING:
    from .kernels import TableBranch

FEW_WORDS = 64  # fewer words than this are not worth a second thread


class Pooling(Protocol):
    """What makes the pooled signals of a chunk of texts."""

    def __call__(self, chunk: Chunk, sums: bool = False) -> Tensor:
        """Signals of all branches side by side (T, B, sum of C), or their sums (1, B, sum of C)."""


class KernelPooling:
    """The numba kernels.

    Args:
        layers: the branches
        threads: how many run the kernels
    """

    def __init__(self, layers: Sequence[Layer], threads: int = 1) -> None:
        self.layers, self.threads = layers, threads
        self.channels = sum(layer.channels for layer in layers)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def __call__(self, chunk: Chunk, sums: bool = False) -> Tensor:
        """As `Pooling`."""
        texts, steps = len(chunk.texts), 1 if sums else self.layers[0].steps
        out = np.empty((steps, texts, self.channels), np.float32)
        if not chunk.store.branches:  # one call costs less with records that are there already
            chunk.store.branches = table_branches(self.layers, chunk.store)
        if self._pool is None or len(chunk.slots) < FEW_WORDS:
            _pool_texts(chunk, 0, texts, out)
            return torch.from_numpy(out)
        shares = np.linspace(0, chunk.starts[-1], self.threads + 1)
        cuts = np.searchsorted(chunk.starts, shares)
        cuts[0], cuts[-1] = 0, texts
        jobs = [
            self._pool.submit(_pool_texts, chunk, first, last, out)
            for first, last in pairwise(cuts.tolist())
        ]
        for job in jobs:
            job.result()
        return torch.from_numpy(out)


def _pool_texts(chunk: Chunk, first: int, last: int, out: np.ndarray) -> None:
    """Fill ``out`` (T, B, sum of C) for the texts ``first`` to ``last`` - 1 of ``chunk``."""
    from .kernels import pool_branch

    for branch in chunk.store.branches:
        pool_branch(branch, chunk.slots, chunk.starts, first, last, out)


def table_branches(layers: Sequence[Layer], store: TokenStore) -> list[TableBranch]:
    """The branches with the tables of ``store``, as the kernels read them."""
    from .kernels import TableBranch

    branches, column = [], 0
    for layer, table in zip(layers, store.flat, strict=True):
        branches.append(
            TableBranch(
                rule=layer.rule,
                soft=layer.soft,
                width=layer.width,
                left=layer.left,
                both=layer.left + layer.right,
                channels=layer.channels,
                column=column,
                initial=np.pad(layer.initial, (0, SLACK)),
                order=layer.order,
                table=table,
                unit=np.float32(store.unit),
                rows=store.rows,
                frames=store.frames,
            )
        )
        column += layer.channels
    return branches
