"""What a model reads of a text: word ids by its table of vectors, or the vectors themselves."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from .encoders.bit_table import BitTable


class TextReader(nn.Module):
    """The way of a text into a network, the same for an ANN and its SNN.

    A table without rows, (0, D), says that texts come as vectors of D components, as a text stage
    hands them on that computes them itself.

    Args:
        vectors: (V, D) in [-1, 1], row 0 (padding) zero; or a table of bits
        train: whether the vectors are trained; bits never are
    """

    embedding: nn.Embedding | BitTable

    def __init__(self, vectors: Tensor | BitTable, train: bool = False) -> None:
        super().__init__()
        if isinstance(vectors, BitTable):
            self.embedding = vectors
            return
        padding = 0 if len(vectors) else None
        self.embedding = nn.Embedding.from_pretrained(
            vectors, freeze=not train, padding_idx=padding
        )

    @property
    def reads_vectors(self) -> bool:
        """Whether texts come as vectors; otherwise they are ids of words of the table."""
        return self.embedding.num_embeddings == 0

    @property
    def table(self) -> Tensor | BitTable:
        """What another model of the same words is made of, without a copy."""
        table = self.embedding
        return table if isinstance(table, BitTable) else table.weight.detach()

    @property
    def dtype(self) -> torch.dtype:
        """Of the vectors that are read."""
        table = self.embedding
        return table.dtype if isinstance(table, BitTable) else table.weight.dtype

    def embed(self, texts: Tensor) -> Tensor:
        """Ids (B, L), or vectors (B, L, D) -> vectors (B, D, L) in [-1, 1], padding zero."""
        table = self.embedding
        vectors: Tensor = texts.to(table.weight) if self.reads_vectors else table(texts)
        return vectors.clamp(-1, 1).transpose(1, 2)

    def blank(self, positions: int) -> np.ndarray:
        """A text of so many positions of padding, as a text stage would hand it on."""
        if self.reads_vectors:
            return np.zeros((positions, self.embedding.embedding_dim), np.float32)
        return np.zeros(positions, np.int64)
