"""Whether a model that a file describes can be: found before memory is asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..errors import InputError, ran_out
from .encoders.encoder import Encoder
from .network import Network, Signal
from .neurons import BUILT_IN, NEURONS
from .nodes import NODES
from .outputs import output_count
from .snn import SpikingTextModel
from .spec import ModelSpec
from .spikes.ttfs import RampReadout
from .text_model import TextModel

Shapes = Mapping[str, tuple[int, ...]]
_POSITIONS = 2  # of the text that is tried
_SIZES = ("inputs", "channels", "outputs", "width")  # of a layer, whose weights are their product
_BITS = 8  # a table of bits has so many of a component in a number


class WeightsError(InputError):
    """A file of weights that is of another model than the spec beside it."""


def check_backed(spec: ModelSpec, shapes: Shapes, folder: Path) -> None:
    """Refuse sizes for which the file of weights holds too few numbers, before a tensor is made.

    (A description on torch's meta device would say the same, and load 900 modules for it.)

    Args:
        spec: of the model
        shapes: of the tensors in its file
        folder: of the model

    Raises:
        WeightsError: names the part that asks for more than there is.
    """
    there = sum(math.prod(shape) for shape in shapes.values())
    asked = {"the table of words": math.prod(spec.vectors) // _BITS}
    own = {*NODES.added(), *(NEURONS[kind].__name__ for kind in NEURONS if kind not in BUILT_IN)}
    for node in spec.nodes:
        sizes = [node.settings.get(name) for name in _SIZES]
        known = [max(size, 1) for size in sizes if type(size) is int]
        if known and node.type not in own:
            asked[f"node {node.name}"] = math.prod(known)
    total = 0
    for name, count in asked.items():
        total += count
        if total > there:
            raise WeightsError(
                f"expected the weights of {folder} to fit its spec, but {name} asks for {count:,} "
                f"numbers, and the file has {there:,} for all: it is missing, or of another shape; "
                "the two files are not of the same model"
            )


def fitting(shapes: Shapes, expected: Shapes, folder: Path) -> None:
    """Refuse a file of tensors of these ``shapes`` that are not the ``expected`` ones.

    Raises:
        WeightsError: names the first of those that are missing, unknown or of another shape.
    """
    wrong = sorted(set(expected) ^ set(shapes))
    wrong += [name for name in expected if name in shapes and expected[name] != shapes[name]]
    if wrong:
        raise WeightsError(
            f"expected the weights of {folder} to fit its spec, but {', '.join(wrong[:4])} "
            "is missing, unknown or of another shape; the two files are not of the same model"
        )


def check_runs(model: TextModel | SpikingTextModel, classes: int, folder: Path) -> None:
    """Refuse a model whose parts do not fit one another, by a run on a text of zeros.

    Raises:
        InputError: says what did not fit.
    """
    model.eval()
    output_count(model.network)  # no node has more channels than there can be
    try:
        with torch.no_grad():
            found = model.network(_blank(model))
    except InputError as error:
        raise InputError(f"the parts of the model in {folder} do not fit: {error}") from None
    except (RuntimeError, IndexError, TypeError, ValueError, ArithmeticError) as error:
        if ran_out(error):
            raise
        said = " ".join(str(error).split())[:200]
        raise InputError(
            f"the parts of the model in {folder} do not fit one another ({said}); make the model "
            "again"
        ) from None
    _check_logits(found, model, classes, folder)


def _blank(model: TextModel | SpikingTextModel) -> Signal:
    """Zeros as a text of two words; of an SNN as few steps as its network can run."""
    dim = model.embedding.embedding_dim
    positions = 1 if model.reads_vectors else _POSITIONS
    lengths = torch.tensor([positions])
    if isinstance(model, TextModel):
        return Signal(torch.zeros(1, dim, positions), lengths)
    assert isinstance(model.encoder, Encoder)
    steps = model.steps if _windows(model.network) else 1
    return Signal(torch.zeros(steps, 1, model.encoder.channels(dim), positions), lengths)


def _windows(network: Network) -> bool:
    """Whether the network runs windows of T steps and no fewer."""
    nodes = [network.node(name) for name in network.inputs]
    return any(isinstance(node, RampReadout) or getattr(node, "windowed", False) for node in nodes)


def _check_logits(
    found: Tensor, model: TextModel | SpikingTextModel, classes: int, folder: Path
) -> None:
    shape = (1, classes) if isinstance(model, TextModel) else (len(found), 1, classes)
    if tuple(found.shape) != shape:
        raise InputError(
            f"expected one logit for each of the {classes} classes of the model in {folder}, but "
            f"its network gives {tuple(found.shape)}; make the model again"
        )
    if not bool(torch.isfinite(found).all()):
        raise InputError(
            f"expected finite logits of the model in {folder}, but a text of zeros gives NaN or "
            "inf; make the model again"
        )
