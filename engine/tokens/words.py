"""Which words stand in a batch: what a token encoder reads, each distinct word once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor

from ...models.reader import TextReader


@dataclass(frozen=True)
class Words:
    """The words of B padded texts, and what gives their vectors.

    ids: (B, L) int64; look_up: ids (U,) -> vectors (U, D)
    """

    ids: Tensor
    look_up: Callable[[Tensor], Tensor]

    @staticmethod
    def of_vectors(vectors: Tensor) -> Words:
        """Of texts that are vectors (B, D, L): every position is a word of its own."""
        rows = vectors.transpose(1, 2).flatten(0, 1)  # (B * L, D)
        ids = torch.arange(len(rows), device=rows.device)
        return Words(ids.view(len(vectors), vectors.shape[-1]), rows.__getitem__)

    def padded(self) -> Tensor:
        """Vectors (B, D, L), as the nodes of a network read them."""
        return self.look_up(self.ids.flatten()).unflatten(0, self.ids.shape).transpose(1, 2)

    def last_components(self) -> Tensor:
        """The last component of every word (B, L), which marks where a text of a pair ends."""
        distinct, at = torch.unique(self.ids, return_inverse=True)
        return self.look_up(distinct)[:, -1][at]


def words_of(model: TextReader, texts: Tensor) -> Words:
    """Of a batch as a model reads it: ids (B, L), or vectors (B, L, D)."""
    if model.reads_vectors:
        return Words.of_vectors(model.embed(texts))
    return Words(texts, partial(_looked_up, model))


def _looked_up(model: TextReader, ids: Tensor) -> Tensor:
    return model.embed(ids.unsqueeze(0)).squeeze(0).T  # (U, D)


class WordLinear(torch.autograd.Function):
    """Distinct words (U,) through a matrix (C, D): keeps which words they are.

    Their vectors are looked up once more for the gradient of the matrix, and get none themselves.
    """

    @staticmethod
    def forward(
        ctx: Any, vectors: Tensor, weight: Tensor, ids: Tensor, look_up: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """The products (U, C) of ``vectors``, which are those of ``ids``."""
        ctx.save_for_backward(ids)
        ctx.look_up = look_up
        return vectors @ weight.T

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """The gradient of the matrix."""
        (ids,) = ctx.saved_tensors
        return None, above[0].T @ ctx.look_up(ids), None, None


def word_linear(ids: Tensor, weight: Tensor, look_up: Callable[[Tensor], Tensor]) -> Tensor:
    """Words (N,) through a matrix (C, D), each distinct one once: (N, C).

    Vectors that are trained get their gradients.
    """
    distinct, at = torch.unique(ids, return_inverse=True)
    vectors = look_up(distinct)  # (U, D)
    if vectors.requires_grad:
        return (vectors @ weight.T)[at]
    return cast(Tensor, WordLinear.apply(vectors, weight, distinct, look_up))[at]
