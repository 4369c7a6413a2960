"""Binary words, one a step: 64 bits of an autoencoder, and a last step of all ones.

Source: Tissier, Gravier and Habrard 2019 for the bits; Knipper et al. 2024 for the order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from .....models.encoders.books.autoencoder import fit_autoencoder
from .....text.vectors.load import load_vectors
from .frames import Frames
from .published import BITS


def binary_words(texts: Sequence[Sequence[str]], source: str, seed: int) -> dict[str, np.ndarray]:
    """The bits (64,) uint8 of each word of ``texts`` that has a vector.

    The autoencoder learns from all vectors of the file, whatever the texts.

    Args:
        texts: words of each text
        source: word vectors, as `load_vectors` takes them
        seed: of the autoencoder
    """
    found = load_vectors(source)
    bits = fit_autoencoder(torch.from_numpy(found.matrix), BITS, seed).bits.numpy()
    needed = {word for words in texts for word in words}
    return {word: row for word, row in zip(found.words, bits, strict=True) if word in needed}


def word_frames(
    texts: Sequence[Sequence[str]], bits: Mapping[str, np.ndarray], most: int
) -> Frames:
    """Input spikes of ``most`` + 1 steps: a known word a step, then all ones, then silence.

    Args:
        texts: words of each text; the first ``most`` are looked at, unknown ones take no step
        bits: of each known word, (D,)
        most: words
    """
    dim = len(next(iter(bits.values())))
    packed = {word: np.packbits(row) for word, row in bits.items()}
    end = np.packbits(np.ones(dim, np.uint8))
    rows = np.zeros((len(texts), most + 1, len(end)), np.uint8)
    for row, words in zip(rows, texts, strict=True):
        known = [packed[word] for word in words[:most] if word in packed]
        row[: len(known) + 1] = [*known, end]
    return Frames(rows, dim)
