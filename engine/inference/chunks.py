"""Texts cut into chunks that fit the cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..reference import BATCH
from .store import TokenStore

CACHE_BYTES = 256 << 20


@dataclass(frozen=True)
class Chunk:
    """Some texts and where their words lie in a store.

    texts: their places among all texts; slots: rows of all their words; starts: (B + 1,)
    """

    texts: list[int]
    slots: np.ndarray
    starts: np.ndarray
    store: TokenStore


def _joined(sequences: Sequence[np.ndarray], texts: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The words of ``texts`` one after the other (n,), and where each text starts (B + 1,)."""
    some = [np.asarray(sequences[i], dtype=np.int64) for i in texts]
    starts = np.zeros(len(some) + 1, dtype=np.int64)
    np.cumsum([len(s) for s in some], out=starts[1:])
    return np.concatenate(some) if some else np.zeros(0, np.int64), starts


def in_bounds(
    sequences: Sequence[np.ndarray], texts: Sequence[int], most: int
) -> Iterator[list[int]]:
    """``texts`` in groups of at most BATCH texts and ``most`` words; a longer text stands alone."""
    group: list[int] = []
    words = 0
    for text in texts:
        n = len(sequences[text])
        if group and (len(group) == BATCH or words + n > most):
            yield group
            group, words = [], 0
        group.append(text)
        words += n
    yield group


def _in_order(rows: list[Tensor], texts: list[int], dim: int) -> Tensor:
    """Rows of chunks, whose texts are ``texts``, in the order of the texts."""
    whole = rows[0] if len(rows) == 1 else torch.cat(rows, dim=dim)
    if texts == list(range(len(texts))):
        return whole
    places = torch.empty(len(texts), dtype=torch.int64)
    places[torch.tensor(texts)] = torch.arange(len(texts))
    return whole.index_select(dim, places)
