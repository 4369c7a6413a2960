"""Texts cut into chunks that fit the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...progress import bar
from ..reference import BATCH
from .store import TokenStore


@dataclass(frozen=True)
class Chunk:
    """Some texts and where their words lie in a store.

    texts: their places among all texts; slots: rows of all their words; starts: (B + 1,)
    """

    texts: list[int]
    slots: np.ndarray
    starts: np.ndarray
    store: TokenStore


def joined(sequences: Sequence[np.ndarray], texts: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
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


def word_chunks(
    sequences: Sequence[np.ndarray],
    store: TokenStore,
    rows_of: Callable[[np.ndarray], np.ndarray],
) -> Iterator[Chunk]:
    """Texts of words that have the same row wherever they stand.

    Args:
        sequences: id sequences
        store: with the rows
        rows_of: rows (n,) of the store for word ids (n,); a call may take rows from other words
    """
    for texts in in_bounds(sequences, range(len(sequences)), store.rows - 1):
        words, starts = joined(sequences, texts)
        yield Chunk(texts, rows_of(words), starts, store)


def answers(chunks: Iterator[Chunk], answer: Callable[[Chunk], Tensor], dim: int) -> Tensor:
    """What ``answer`` gives for all chunks, in the order of the texts, which lie along ``dim``."""
    rows: list[Tensor] = []
    texts: list[int] = []
    for chunk in chunks:
        rows.append(answer(chunk))
        texts += chunk.texts
    whole = rows[0] if len(rows) == 1 else torch.cat(rows, dim=dim)
    if texts == list(range(len(texts))):
        return whole
    places = torch.empty(len(texts), dtype=torch.int64)
    places[torch.tensor(texts)] = torch.arange(len(texts))
    return whole.index_select(dim, places)


def watched(chunks: Iterator[Chunk], texts: int, label: str | None) -> Iterator[Chunk]:
    """``chunks`` under a progress bar called ``label``; without one as they are."""
    if not label:  # even a hidden bar takes longer than a short text
        yield from chunks
        return
    with bar(total=texts, desc=label, unit="text", leave=False) as drawn:
        for chunk in chunks:
            yield chunk
            drawn.update(len(chunk.texts))
