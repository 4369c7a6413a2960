"""The model that is written: as it is, or with weights on a grid on which no sum rounds."""

from __future__ import annotations

import copy

import torch

from ...energy.ann import quantised_levels, with_quantised_inputs
from ...engine.grid import FINEST, GridSums, on_grid
from ...engine.plan import Unsupported
from ...errors import InputError
from ...models.nodes.layers import Conv1d, Linear
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel


def quantised_model(model: TextModel | SpikingTextModel) -> TextModel:
    """An ANN whose inputs have as many levels as its activations.

    Raises:
        InputError: an SNN, other activations than QCFS of one L, or an ANN without words.
    """
    levels = quantised_levels(model) if isinstance(model, TextModel) else None
    if not isinstance(model, TextModel) or levels is None or model.reads_vectors:
        raise InputError(
            "expected an ANN on words with the activation qcfs of one number of levels for "
            "--quantised, but the model is another: give --model ann, or leave --quantised out"
        )
    return with_quantised_inputs(model, levels)


def written_model(
    model: TextModel | SpikingTextModel, bits: str
) -> tuple[TextModel | SpikingTextModel, str]:
    """The model that goes into the graph, and its grid: ``float``, ``auto`` or a number of bits.

    With ``auto`` it is the network that `predict` runs (`engine.grid.on_grid`). Analog input and
    means have no such grid in float32: weights stay as they are.

    Raises:
        InputError: a number of bits for a model without a grid, or more than are exact.
    """
    if isinstance(model, TextModel):
        if bits not in ("auto", "float"):
            raise InputError(
                f"expected no --bits for an ANN, whose sums round on every grid, but got {bits}: "
                "leave it out"
            )
        return model, "float"
    exact = _exact(model)
    if bits == "float" or (bits == "auto" and exact is None):
        return model, "float"
    if bits == "auto":
        assert exact is not None
        return exact, "auto"
    found = _rounded(model, int(bits)) if exact is not None else None
    if found is None or not _lies_on(found):
        most = next((b for b in range(FINEST, -1, -1) if _fits(model, b)), None) if exact else None
        remedy = "float" if most is None else f"{most} or fewer, auto or float"
        raise InputError(
            f"expected weights whose sums do not round, but they do with --bits {bits}: give "
            f"{remedy}"
        )
    return found, bits


def _exact(model: SpikingTextModel) -> SpikingTextModel | None:
    """The model on the engines' grid, None where sums of float32 round all the same."""
    try:
        found = on_grid(model)
    except Unsupported:
        return None
    nodes = [found.network.node(name) for name in found.network.inputs]
    return None if any(isinstance(node, GridSums) for node in nodes) else found


@torch.no_grad()
def _rounded(model: SpikingTextModel, bits: int) -> SpikingTextModel:
    """All weights and biases as multiples of 2^-bits, ties to even."""
    network, scale = copy.deepcopy(model.network), 2.0**bits
    for name in network.inputs:
        node = network.node(name)
        if isinstance(node, Conv1d | Linear):
            for values in (node.weight, node.bias):
                values.copy_((values.double() * scale).round() / scale)
    return SpikingTextModel(model.table, model.encoder, network, model.steps).eval()


def _lies_on(model: SpikingTextModel) -> bool:
    """Whether the engines' grid leaves the weights as they are."""
    found, own = on_grid(model).network.state_dict(), model.network.state_dict()
    return all(torch.equal(found[name], own[name]) for name in own)


def _fits(model: SpikingTextModel, bits: int) -> bool:
    return _lies_on(_rounded(model, bits))
