"""A table of bits filled by a book: T slices a word, and the linear map that reads them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .book import Book, Writing
from .readout import fit_readout, unexplained

ROUNDS = 2  # the read-out follows the bits, and these the read-out
ROWS = 10_000  # words that a read-out is fitted on, those that count most


@dataclass(frozen=True)
class Filled:
    """The bits of V words.

    bits: (V, S, C) uint8: S slices of C channels. The last channel is the presence, which every
    word sets that is not silent; readout: (D, C), so that a word's vector is nearly readout @ mean
    of its slices; error: what is lost of the vectors, as a share of their variance
    (`readout.unexplained`), by the words' weights.
    """

    bits: Tensor
    readout: Tensor
    error: float

    def decode(self) -> Tensor:
        """The vectors (V, D) that the bits stand for."""
        return decoded(self.bits, self.readout)


def decoded(bits: Tensor, readout: Tensor) -> Tensor:
    """The vectors (V, D) that bits (V, S, C) stand for by a read-out (D, C)."""
    parts = [some.to(readout.dtype).mean(dim=1) @ readout.T for some in bits.split(4096)]
    return torch.cat(parts)


def fill(
    book: Book, vectors: Tensor, counts: Tensor, steps: int, bits: int = 0, seed: int = 0
) -> Filled:
    """Write the vectors of words as bits for T ``steps``.

    The weights that read a channel are the same at every step, so what a word says over T steps is
    the mean of its slices. One rule serves all books: the first slice is what the book writes of
    the vector, and what a linear map then reads too little or too much of it is added to what the
    next one is written of (error feedback, as in sigma-delta conversion), so that the mean comes
    nearer with T. The map is that of the least squared error over all slices, and both are fitted
    in turn.

    Args:
        book: what writes
        vectors: (V, D) in [-1, 1]; rows of zeros (padding, unknown words) are silent
        counts: (V,) how often each word occurs; each counts once more than that
        steps: T
        bits: as many as the book shall write, 0 for its own choice
        seed: of its draws

    Raises:
        InputError: bits that it cannot write.
    """
    there = vectors.count_nonzero(dim=1) > 0  # (V,)
    x, weights = vectors[there].float(), counts[there].float() + 1
    bits = book.check_bits(bits)
    if not len(x):
        x, weights = torch.zeros(1, vectors.shape[1]), torch.ones(1)
        there = torch.zeros_like(there)
    with torch.no_grad():
        common = weights.argsort(descending=True, stable=True)[:ROWS]
    writing = book.fit(x[common], weights[common], bits, seed)
    fed_back, readout, error = _settled(writing, x[common], weights[common], steps)
    slices = _slices(writing, x, fed_back, steps)  # (N, S, C)
    table = torch.zeros(len(vectors), *slices.shape[1:], dtype=torch.uint8)
    if bool(there.any()):
        table[there] = slices
    return Filled(table, readout, error)


@torch.no_grad()
def _settled(
    writing: Writing, x: Tensor, weights: Tensor, steps: int
) -> tuple[Tensor, Tensor, float]:
    """The read-out (D, C) that is fed back, the one that reads the bits, and what this loses."""
    fed_back = _with_presence(*fit_readout(writing.write(x), x, weights))
    found = []
    for _ in range(ROUNDS if steps > 1 else 1):
        slices = _slices(writing, x, fed_back, steps)
        rates = slices[..., :-1].float().mean(dim=1)
        readout = _with_presence(*fit_readout(rates, x, weights))
        error = unexplained(decoded(slices, readout), x, weights)
        found.append((error, fed_back, readout))
        fed_back = readout
    error, fed_back, readout = min(found, key=lambda each: each[0])
    return fed_back, readout, error


def _with_presence(readout: Tensor, offset: Tensor) -> Tensor:
    """A read-out (D, K) and its offset (D,), which the presence adds: (D, K + 1)."""
    return torch.cat([readout, offset[:, None]], dim=1)


@torch.no_grad()
def _slices(writing: Writing, vectors: Tensor, readout: Tensor, steps: int) -> Tensor:
    """T slices (N, T, K + 1) of words (N, D), each of what the ones before it left."""
    left = torch.zeros_like(vectors)
    slices = []
    for _ in range(steps):
        wanted = vectors + left
        bits = writing.write(wanted)
        present = torch.cat([bits, torch.ones_like(bits[:, :1])], dim=1)  # (N, K + 1)
        left = wanted - present.to(readout.dtype) @ readout.T
        slices.append(present)
    return torch.stack(slices, dim=1)
