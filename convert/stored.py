"""Stored spikes: an ANN whose words are bits, to be converted as any other.

A table of bits (V, S, C) and a linear map from a word's mean bits to the vector that they stand for
make an ANN of the one that reads vectors: its first weights W become W @ readout, and it keeps no
vectors. Converted with an encoder that sends slice t at step t, its table is the SNN's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..models.encoders import STORED
from ..models.encoders.bit_table import BitTable
from ..models.encoders.books import BOOKS
from ..models.encoders.books.filled import fill
from ..models.encoders.encoder import Encoder
from ..models.network import Network
from ..models.nodes.layers import Conv1d, Linear
from ..models.text_model import TextModel
from ..seeds import derive
from .recipes.recipe import ConversionRecipe


@torch.no_grad()
def store(ann: TextModel, bits: Tensor, readout: Tensor) -> TextModel:
    """``ann`` with bits in place of its word vectors.

    What it gives for a text is what ``ann`` gives for the vectors readout @ (mean of a word's
    slices). To make the SNN of it, convert it by a recipe whose encoder is `sender` of these bits:

        snn = convert_model(store(ann, bits, readout), replace(recipe, encoder=sender(bits)), texts)

    Args:
        ann: reads word ids; it is not changed, and what is not its first layers is shared
        bits: (V, S, C) in {0, 1}, S slices of C channels of every word; row 0, padding, is silent
        readout: (D, C), the vector that a channel stands for that is set in every slice

    Raises:
        InputError: shapes that do not fit one another, a first layer that is not Conv1d or Linear,
            or a model that reads vectors.
    """
    _check_parts(ann, bits, readout)
    slices = bits.shape[1]
    nodes = []
    for name, inputs in ann.network.inputs.items():
        node = ann.network.node(name)
        node = _reading(node, readout, slices) if inputs == ("input",) else node
        nodes.append((name, node, inputs))
    return TextModel(BitTable.of(bits.flatten(1)), Network(nodes)).eval()


def sender(bits: Tensor, book: str = STORED, own: int = 0) -> Encoder:
    """The encoder that sends bits (V, S, C), slice t mod S at step t.

    Args:
        bits: as `store` takes them
        book: the name that models and reports say, of `BOOKS` or `STORED`
        own: how many bits the book was asked for, 0 for its own choice
    """
    return Encoder(book, "none", bits=own, slices=bits.shape[1])


def written_down(
    ann: TextModel, recipe: ConversionRecipe, sequences: list[np.ndarray], seed: int = 0
) -> tuple[TextModel, ConversionRecipe, dict[str, Any] | None]:
    """Where the recipe names a book: the ANN on its bits, the recipe that sends them, and figures.

    Figures are ``book``, ``steps``, ``channels``, ``bytes_per_word``, and ``error``, what is lost
    of the vectors as a share of their variance. The book is fitted on the vectors of all words that
    are not silent, weighted by how often they occur in ``sequences``.

    Raises:
        InputError: the model reads vectors that its text stage makes, and has no table of words.
    """
    encoder = recipe.encoder
    if encoder.slices or encoder.code not in BOOKS:
        if encoder.coding.looks_up and not isinstance(ann.embedding, BitTable):
            raise InputError(
                f"expected an ANN on bits for the encoder {encoder.code} (convert.stored.store), "
                f"but it reads vectors: choose a book of {', '.join(BOOKS)}, or an input code"
            )
        return ann, recipe, None
    if ann.reads_vectors:
        raise InputError(
            f"expected a model with a table of words for the book {encoder.code}, but this one "
            "reads one vector a text: choose an input code such as saf"
        )
    vectors = ann.embedding.weight.detach().clamp(-1, 1)  # (V, D)
    counts = np.bincount(np.concatenate(sequences), minlength=len(vectors))
    filled = fill(
        BOOKS[encoder.code],
        vectors,
        torch.from_numpy(counts),
        recipe.steps,
        encoder.bits,
        derive(seed, "book", encoder.code),
    )
    slices, channels = filled.bits.shape[1:]
    figures = {
        "book": encoder.code,
        "steps": slices,
        "channels": channels,
        "bytes_per_word": -(-slices * channels // 8),
        "error": filled.error,
    }
    sent = replace(recipe, encoder=sender(filled.bits, encoder.code, encoder.bits))
    return store(ann, filled.bits, filled.readout), sent, figures


def _check_parts(ann: TextModel, bits: Tensor, readout: Tensor) -> None:
    """Refuse parts that do not fit one another."""
    rows, dim = ann.embedding.num_embeddings, ann.embedding.embedding_dim
    if bits.dim() != 3 or len(bits) != rows or readout.shape != (dim, bits.shape[2]):
        raise InputError(
            f"expected bits (V, S, C) of {rows} words and a read-out ({dim}, C), but got "
            f"{tuple(bits.shape)} and {tuple(readout.shape)}"
        )
    for name in ann.network.consumers("input"):
        node = ann.network.node(name)
        if not isinstance(node, Conv1d | Linear):
            raise InputError(
                f"expected first layers with weights to read stored bits, but {name} is a "
                f"{type(node).__name__}: choose an input code such as saf"
            )


def _reading(node: Any, readout: Tensor, slices: int) -> Any:
    """A first layer that reads S slices of C bits as it read the vectors of their mean."""
    weight = node.weight.detach()  # (N, D, k) or (N, D)
    folded = torch.einsum("nd...,dc->nc...", weight, readout.to(weight)) / slices  # (N, C, ...)
    folded = torch.cat([folded] * slices, dim=1)  # (N, S * C, ...)
    new = type(node)(**(node.settings() | {"inputs": folded.shape[1]})).to(weight.dtype)
    new.weight.copy_(folded)
    new.bias.copy_(node.bias)
    return new
