"""Texts that are longer than an encoder reads at once, in pieces that it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Encode = Callable[[list[str]], np.ndarray]
"""Texts -> vectors (N, D)."""


def cut(text: str, tokenizer: Any, most: int) -> list[str]:
    """A text in as few pieces of at most ``most`` tokens as there can be, all about as long.

    Args:
        text: of any length
        tokenizer: a fast one of the `transformers`, which knows where its tokens stand
        most: tokens of a piece, special ones not counted

    Returns:
        The pieces; the text alone where it is short enough.
    """
    if len(text) <= most:  # a token is a character at least
        return [text]
    told = tokenizer(
        text,
        add_special_tokens=False,
        truncation=False,
        return_offsets_mapping=True,
        return_attention_mask=False,
        verbose=False,
    )
    places = told["offset_mapping"]
    count = -(-len(places) // most)
    if count < 2:
        return [text]
    starts = [places[len(places) * i // count][0] for i in range(1, count)]
    return [text[a:b] for a, b in zip([0, *starts], [*starts, len(text)], strict=True)]


def whole_vectors(
    encode: Encode, texts: Sequence[str], tokenizer: Any, most: int | None
) -> np.ndarray:
    """Vectors (N, D) of whole texts: of a long one the mean of its pieces, as long as they are.

    Encoders give vectors of one length, often 1, which the mean of several falls short of.

    Args:
        encode: the encoder
        texts: N of them
        tokenizer: the encoder's
        most: tokens that it reads at once, special ones not counted; None for any number
    """
    if most is None or most < 1:
        return encode(list(texts))
    pieces = [cut(text, tokenizer, most) for text in texts]
    rows = encode([piece for found in pieces for piece in found])
    counts = [len(found) for found in pieces]
    starts = np.cumsum([0, *counts[:-1]])
    means = np.add.reduceat(rows, starts) / np.array(counts, rows.dtype)[:, None]
    lengths = np.add.reduceat(np.linalg.norm(rows, axis=1), starts) / np.array(counts)
    short = np.linalg.norm(means, axis=1)
    scale = np.divide(lengths, short, out=np.ones_like(lengths), where=short > 0)
    return np.where(np.array(counts)[:, None] > 1, means * scale[:, None], rows[starts])
