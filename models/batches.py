"""Batches of padded texts: similar lengths together, so that little work goes to padding.

A text is what its stage hands on, an array whose first axis are its L positions: word ids (L,)
int64, or the vectors of the positions themselves, (L, D) float32.

`to_batch` is the one place where what a network reads is put on its device.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from .devices import device_of

PADDING = 0  # the id of no word, as every text stage has it


def to_batch(
    sequences: Sequence[np.ndarray], model: nn.Module | None = None
) -> tuple[Tensor, Tensor]:
    """Texts as a model reads them.

    Args:
        sequences: B texts, ids (L_i,) or vectors (L_i, D) each
        model: whose device the batch is for; the CPU without it

    Returns:
        ids (B, L) int64 or vectors (B, L, D) float32, zeros as padding, and lengths (B,) int64.
    """
    ids, lengths = (torch.from_numpy(part) for part in pad(sequences, 1))
    if model is None:
        return ids, lengths
    device = device_of(model)
    return ids.to(device), lengths.to(device)


def by_length(
    sequences: Sequence[np.ndarray], batch_size: int, max_positions: int | None = None
) -> Iterator[list[int]]:
    """Indices of all sequences, shortest first, in batches for evaluation.

    Args:
        sequences: texts
        batch_size: the most sequences a batch holds
        max_positions: the most padded positions B * L a batch holds, where given; a single longer
            sequence still gets a batch of its own
    """
    order = np.argsort([len(s) for s in sequences], kind="stable").tolist()
    batch: list[int] = []
    for index in order:
        longest = max(len(sequences[index]), 1)
        full = max_positions is not None and longest * (len(batch) + 1) > max_positions
        if batch and (len(batch) == batch_size or full):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def shuffled(
    lengths: Sequence[int], batch_size: int, generator: torch.Generator, pool: int = 32
) -> list[list[int]]:
    """Random training batches of similar lengths.

    Sequences are shuffled, cut into pools of ``pool`` batches, sorted by length inside a pool, and
    the batches are shuffled again: nearly no padding, and still a new mixture every epoch.
    """
    order = torch.randperm(len(lengths), generator=generator).tolist()
    batches = []
    for start in range(0, len(order), batch_size * pool):
        chunk = sorted(order[start : start + batch_size * pool], key=lambda i: lengths[i])
        batches += [chunk[i : i + batch_size] for i in range(0, len(chunk), batch_size)]
    return [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]


def pad(sequences: Sequence[np.ndarray], min_length: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Texts as one array.

    Args:
        sequences: B texts as a stage's ``encode`` gives them, ids (L_i,) or vectors (L_i, D) each.
        min_length: least width, the largest filter of the network.

    Returns:
        ids (B, L) int64 or vectors (B, L, D) float32, with 0 as padding and
        L = max(min_length, longest, 1), and lengths (B,) int64.
    """
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)  # (B,)
    width = max(min_length, int(lengths.max(initial=0)), 1)
    if len(sequences) and sequences[0].ndim == 2:
        shape = (len(sequences), width, sequences[0].shape[1])
        ids = np.zeros(shape, dtype=np.float32)  # (B, L, D)
    else:
        ids = np.full((len(sequences), width), PADDING, dtype=np.int64)  # (B, L)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = sequence
    return ids, lengths
