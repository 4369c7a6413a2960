"""Vectors of texts in a file, beside what they were made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .....files import load_tensors, save_tensors


def write_kept(place: Path, vectors: np.ndarray, key: str, words: str = "") -> None:
    """Write vectors (N, D), a hash of what they are made of, and what they are in words."""
    note = torch.tensor(list(f"{key} {words}".encode()), dtype=torch.uint8)
    save_tensors(place, {"vectors": torch.from_numpy(vectors), "source": note})


def read_kept(place: Path, key: str) -> tuple[np.ndarray, str] | None:
    """Vectors and words of `write_kept`; None where there are none, or of something else.

    Raises:
        InputError: the file is damaged.
    """
    if not place.exists():
        return None
    tensors = load_tensors(place, "vectors of texts")
    made, _, words = bytes(tensors["source"].numpy()).decode().partition(" ")
    return (tensors["vectors"].numpy(), words) if made == key else None
