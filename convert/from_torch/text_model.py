"""A torch module with its word vectors as a `TextModel`, whose vectors lie in [-1, 1]."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from ...errors import InputError
from ...models.network import Network, Node
from ...models.nodes.layers import Concat, Conv1d, Linear
from ...models.nodes.merge import Flatten
from ...models.nodes.norm import BatchNorm1d
from ...models.text_model import TextModel
from .module import translate
from .translation import Translated


def text_model(module: nn.Module, vectors: Tensor | None = None) -> TextModel:
    """The model on word ids that computes what ``module`` computes in evaluation mode.

    Ids are the module's own, and id 0 is padding. For ids of a text stage, and a run folder, see
    `pipelines.own_model`.

    Args:
        module: as `from_torch` takes it
        vectors: (V, D) of a module that takes vectors; one that takes ids has its own

    Raises:
        InputError: the module cannot be converted, or vectors are missing or not finite.
    """
    translated = translate(module, None if vectors is None else vectors.shape[1])
    return scaled_model(translated, word_vectors(translated, vectors))


def word_vectors(translated: Translated, vectors: Tensor | None = None) -> Tensor:
    """The vectors (V, D) that a converted module's network reads, by the module's ids.

    Raises:
        InputError: there are none or two of them, they are not finite, or not of its size.
    """
    if translated.tables and vectors is not None:
        raise InputError("expected no vectors for a module that has an nn.Embedding: leave them")
    if vectors is None and not translated.tables:
        raise InputError(
            "expected word vectors for a module that takes vectors: give vectors (V, D), a row for "
            "each word of the vocabulary, or a module with its nn.Embedding"
        )
    if vectors is None:
        rows = {len(table) for table in translated.tables}
        if len(rows) > 1:
            raise InputError(
                f"expected tables of vectors for the same words, but they have {sorted(rows)} rows"
            )
        return torch.cat([table.detach().cpu().float() for table in translated.tables], dim=1)
    if vectors.dim() != 2 or vectors.shape[1] != translated.dim:
        shape = tuple(vectors.shape)
        raise InputError(f"expected vectors (V, {translated.dim}), but got the shape {shape}")
    if not bool(torch.isfinite(vectors).all()):
        raise InputError("expected finite word vectors, but they hold NaN or infinity")
    return vectors.detach().cpu().float()


def scaled_model(translated: Translated, vectors: Tensor) -> TextModel:
    """A model on ``vectors`` (V, D), whose row 0 is padding.

    Each component is divided by its largest magnitude in any word, and the network's first weights
    multiplied by it: that keeps every output, since zero stays zero, and nothing is clipped.

    Raises:
        InputError: a node that cannot take the factors reads the vectors.
    """
    rows = vectors.clone()
    rows[0] = 0
    scale = vector_scale(rows)
    model = TextModel(rows / scale, with_scaled_input(translated.network, scale).float())
    return model.eval()


def vector_scale(vectors: Tensor) -> Tensor:
    """The largest magnitude (D,) of each component of ``vectors`` (V, D); 1 where it is zero."""
    largest = vectors.abs().amax(dim=0)  # (D,)
    return torch.where(largest > 0, largest, torch.ones_like(largest))


def with_scaled_input(network: Network, scale: Tensor) -> Network:
    """A copy of ``network`` that gives on x / scale what ``network`` gives on x.

    Nodes that keep factors above zero hand them on, up to the weights that take them.

    Args:
        network: reads vectors of D components
        scale: (D,)
    """
    network = copy.deepcopy(network)
    carried: dict[str, Tensor | None] = {"input": scale}
    for name, inputs in network.inputs.items():
        factors = [carried[source] for source in inputs]
        present = [factor for factor in factors if factor is not None]
        if not present:
            carried[name] = None
        elif len(present) < len(factors):
            raise _stuck(name)
        else:
            carried[name] = _take(name, network.node(name), present)
    if carried[network.output] is not None:
        raise _stuck(network.output)
    return network


@torch.no_grad()
def _take(name: str, node: Node, factors: list[Tensor]) -> Tensor | None:
    """Multiply the weights of ``node`` by its input's factors; what is left of them behind it."""
    factor = factors[0]
    if isinstance(node, Conv1d):
        node.weight.mul_(factor[:, None])  # (C, D, k)
        return None
    if isinstance(node, Linear):
        node.weight.mul_(factor)  # (K, D)
        return None
    if isinstance(node, BatchNorm1d):
        node.running_mean.div_(factor)
        node.weight.mul_(factor)
        return None
    if isinstance(node, Concat):
        return torch.cat(factors)
    if isinstance(node, Flatten):
        return factor.repeat_interleave(node.positions)
    if len(factors) > 1 and not all(torch.equal(factor, other) for other in factors):
        raise _stuck(name)
    return factor  # sum, ReLU, pooling, dropout: f(s x) = s f(x) for s above zero


def _stuck(name: str) -> InputError:
    return InputError(
        f"cannot bring the word vectors to [-1, 1]: {name} joins them with what other layers give; "
        "put a Conv1d of width 1 between the vectors and it"
    )
