"""Model folders: spec.json and weights.safetensors, readable without the code that trained them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..files import load_tensors, read_json, save_tensors, sha256, write_json
from .encoders.bit_table import BitTable
from .encoders.encoder import Encoder
from .network import Network, Node
from .neurons import NEURONS
from .nodes import NODES
from .outputs import check_classes
from .silenced import SilencedTextModel, spiking_model
from .snn import SpikingTextModel
from .text_model import TextModel

FORMAT = 1
WEIGHTS = "weights.safetensors"


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
    spec = read_json(path, "the spec of a model")
    if not isinstance(spec, dict) or spec.get("format") != FORMAT:
        found = spec.get("format") if isinstance(spec, dict) else type(spec).__name__
        raise InputError(
            f"expected a model spec of format {FORMAT} at {path}, but it has {found!r}; "
            "make the model again with this version of snnconvert"
        )
    tensors = load_tensors(folder / weights)
    try:
        model = _build(spec)
        classes = tuple(str(name) for name in spec["classes"])
        check_classes(model.network, classes)
    except InputError as error:
        raise InputError(f"{path} does not describe a model of this version: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"expected {path} to describe a model, but {error!r} is missing or wrong; "
            "make the model again"
        ) from None
    _fill(model, tensors, folder)
    return model.eval(), classes


def _build(spec: dict[str, Any]) -> TextModel | SpikingTextModel:
    rows, dim = (int(n) for n in spec["vectors"])
    vectors = torch.zeros(rows, dim)
    network = build_network(spec["nodes"])
    if spec["kind"] == "ann":
        return TextModel(vectors, network)
    encoder, srp_steps = Encoder(**spec["encoder"]), int(spec.get("srp_steps", 0))
    table = BitTable(rows, dim) if encoder.coding.looks_up else vectors
    return spiking_model(table, encoder, network, int(spec["steps"]), srp_steps)


def _fill(model: nn.Module, weights: dict[str, Tensor], folder: Path) -> None:
    """Load every weight, and refuse missing, unknown, misshapen or non-finite ones."""
    expected = model.state_dict()
    wrong = sorted(set(expected) ^ set(weights))
    wrong += [
        name for name in expected if name in weights and expected[name].shape != weights[name].shape
    ]
    if wrong:
        raise InputError(
            f"expected the weights of {folder} to fit its spec, but {', '.join(wrong[:4])} "
            "is missing, unknown or of another shape; the two files are not of the same model"
        )
    for name, value in weights.items():
        if not torch.isfinite(value).all():
            raise InputError(f"expected finite weights in {folder}, but {name} holds NaN or inf")
    model.load_state_dict(weights)


def weights_hash(folder: Path | str) -> str:
    """SHA-256 of a model's weights file and spec, to tell models apart.

    Raises:
        InputError: there is no model in ``folder``.
    """
    folder = Path(folder)
    try:
        parts = [(folder / name).read_bytes() for name in ("spec.json", WEIGHTS)]
    except OSError:
        raise InputError(
            f"expected a model in {folder}, but it has no spec.json and weights.safetensors"
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
    path = Path(folder) / "spec.json"
    spec = read_json(path, "the spec of a model")
    try:
        return Encoder(**spec["encoder"]), int(spec["steps"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"expected {path} to describe an SNN, but {error!r} is missing or wrong; "
            "make the model again"
        ) from None
