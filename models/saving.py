"""Model folders: spec.json and weights.safetensors, readable without the code that trained them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..errors import InputError, ran_out
from ..files import load_tensors, read_bytes, save_tensors, sha256, tensor_shapes, write_json
from ..registry import to_import
from .encoders.bit_table import BitTable
from .encoders.encoder import Encoder
from .network import Network, Node
from .neurons import NEURONS
from .nodes import NODES
from .outputs import check_classes
from .plausible import Shapes, WeightsError, check_backed, check_runs, fitting
from .silenced import SilencedTextModel, spiking_model
from .snn import SpikingTextModel
from .spec import FORMAT, ModelSpec, read_spec
from .text_model import TextModel

WEIGHTS = "weights.safetensors"
_ANY = 1 << 40  # bytes: weights are as large as they are


def save_model(
    folder: Path | str,
    model: TextModel | SpikingTextModel,
    classes: tuple[str, ...],
    weights: str = WEIGHTS,
) -> None:
    """Write ``model`` to ``folder``: the file ``weights`` first, then the spec that names them.

    A reader that finds spec.json finds whole weights, since each file is renamed into place.

    Raises:
        InputError: the model does not have one output for each of at least two classes, or has a
            node of a type that could not be loaded again.
    """
    folder = Path(folder)
    spec = describe_model(model, classes)
    save_tensors(folder / weights, model.state_dict())
    write_json(folder / "spec.json", spec)


def describe_model(model: TextModel | SpikingTextModel, classes: Sequence[str]) -> dict[str, Any]:
    """Everything about ``model`` but its tensors, as JSON-able values: what spec.json holds.

    Raises:
        InputError: the model does not have one output for each of at least two classes.
    """
    check_classes(model.network, classes)
    _check_types(model.network)
    spec: dict[str, Any] = {
        "format": FORMAT,
        "kind": "snn" if isinstance(model, SpikingTextModel) else "ann",
        "classes": list(classes),
        "vectors": [model.embedding.num_embeddings, model.embedding.embedding_dim],
        "nodes": model.network.describe(),
    }
    if isinstance(model, SpikingTextModel):
        assert isinstance(model.encoder, Encoder)
        spec |= {"steps": model.steps, "encoder": model.encoder.to_dict()}
    if isinstance(model, SilencedTextModel):
        spec["srp_steps"] = model.srp_steps
    return spec


def load_model(
    folder: Path | str, weights: str = WEIGHTS
) -> tuple[TextModel | SpikingTextModel, tuple[str, ...]]:
    """Read a model folder, its tensors from the file ``weights``.

    Returns:
        The model in evaluation mode, and its class names.

    Raises:
        InputError: a file is missing, truncated, of another format, weights do not fit the spec, or
            the model does not have one output for each class.
    """
    folder = Path(folder)
    path = folder / "spec.json"
    spec = read_spec(folder)
    shapes = tensor_shapes(folder / weights)
    try:
        check_backed(spec, shapes, folder)
        model = _build(spec)
        classes = tuple(spec.classes)
        check_classes(model.network, classes)
    except WeightsError:
        raise
    except InputError as error:
        raise InputError(
            f"{path} does not describe a model of this version: {error}{to_import(error)}"
        ) from None
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        RuntimeError,
    ) as error:
        if ran_out(error):
            raise
        raise InputError(
            f"expected {path} to describe a model, but {_short(error)} is missing or wrong; "
            "make the model again"
        ) from None
    _fill(model, shapes, folder, weights)
    check_runs(model, len(classes), folder)
    return model.eval(), classes


def _short(error: Exception) -> str:
    return repr(error)[:200]


def _build(spec: ModelSpec) -> TextModel | SpikingTextModel:
    rows, dim = spec.vectors
    vectors = torch.zeros(rows, dim)
    network = build_network(asdict(node) for node in spec.nodes)
    if spec.encoder is None or spec.steps is None:
        return TextModel(vectors, network)
    encoder = Encoder(**asdict(spec.encoder))
    encoder.check_steps(spec.steps)
    table = BitTable(rows, dim) if encoder.coding.looks_up else vectors
    return spiking_model(table, encoder, network, spec.steps, spec.srp_steps)


def _fill(model: nn.Module, shapes: Shapes, folder: Path, file: str) -> None:
    """Load every weight, and refuse missing, unknown, misshapen or non-finite ones."""
    expected = model.state_dict()
    fitting(shapes, {name: tuple(value.shape) for name, value in expected.items()}, folder)
    weights = load_tensors(folder / file)
    for name, value in weights.items():
        if not torch.isfinite(value.to(expected[name].dtype)).all():
            raise InputError(f"expected finite weights in {folder}, but {name} holds NaN or inf")
    model.load_state_dict(weights)


def weights_hash(folder: Path | str) -> str:
    """SHA-256 of a model's weights file and spec, to tell models apart.

    Raises:
        InputError: there is no model in ``folder``.
    """
    folder = Path(folder)
    try:
        parts = [read_bytes(folder / name, most=_ANY) for name in ("spec.json", WEIGHTS)]
    except InputError as error:
        raise InputError(
            f"expected a model in {folder}, but it has no spec.json and weights.safetensors that "
            f"can be read ({error})"
        ) from None
    return sha256(*parts)


def node_type(name: str) -> type[Node]:
    """The node type that saved networks call ``name``: of `NODES`, or a layer of `NEURONS`.

    Raises:
        InputError: there is none.
    """
    if name in NODES:
        return NODES[name]
    layers = {NEURONS[kind].__name__: NEURONS[kind] for kind in NEURONS}
    if name not in layers:
        raise InputError(
            f"expected a node type of {sorted({*NODES, *layers})}, but the file names {name!r}: "
            "where it is of your own, import what registers it first"
        )
    return layers[name]


def _check_types(network: Network) -> None:
    """Refuse to save what could not be loaded."""
    for name in network.inputs:
        cls = type(network.node(name))
        try:
            known = node_type(cls.__name__) is cls
        except InputError:
            known = False
        if not known:
            raise InputError(
                f"expected nodes of registered types, but {name} is a {cls.__name__}, which is "
                "none: decorate the class with snnconvert.models.nodes.register, or add a layer "
                "of neurons to NEURONS"
            )


def build_network(description: Iterable[Mapping[str, Any]]) -> Network:
    """Rebuild a network (fresh weights) from :meth:`Network.describe`.

    Raises:
        InputError: an unknown node type, or settings that do not fit it.
    """
    nodes = []
    for item in description:
        kind = node_type(str(item.get("type")))
        try:
            node = kind(**item["settings"])
            nodes.append((str(item["name"]), node, tuple(item["inputs"])))
        except (TypeError, KeyError, ValueError) as error:
            raise InputError(
                f"the settings of node {item.get('name')!r} do not fit: {error}"
            ) from None
    return Network(nodes)


def load_code(folder: Path | str) -> tuple[Encoder, int]:
    """Encoder and T of the SNN in a model folder, from its spec alone.

    Raises:
        InputError: there is no spec, or it is not that of an SNN.
    """
    spec = read_spec(folder)
    path = Path(folder) / "spec.json"
    if spec.encoder is None or spec.steps is None:
        raise InputError(f"expected {path} to describe an SNN, but it is of an ANN")
    try:
        return Encoder(**asdict(spec.encoder)), spec.steps
    except InputError as error:
        raise InputError(
            f"{path} does not describe a model of this version: {error}{to_import(error)}"
        ) from None
