"""Cutting a sentence encoder in two: layers at the bottom, and the others.

An encoder is cut where its model has ``embeddings`` and a list of layers as BERT has (Devlin et
al., NAACL 2019): the lower half is the model with the first layers alone, the upper half the model
with the others, whose embeddings hand on what they are given. So masks, positions and pooling are
those of the model. Whether both together do what the whole does is tried on two texts; an encoder
that cannot be cut so is run whole.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

LAYERS = ("encoder.layer", "transformer.layer", "encoder.layers", "layers", "encoder.block", "h")
"""Where models of transformers keep the list of their layers."""
PROBE = ("one text", "a second text, which is much longer than the first")
CLOSE = 1e-4  # largest difference between the halves and the whole, of components near 1


class _Given(nn.Module):
    """In the place of embeddings: hands on ``hidden`` (B, L, D)."""

    hidden: Tensor

    def forward(self, *_: Any, **__: Any) -> Tensor:
        return self.hidden


class _Upper(nn.Module):
    """From the output (B, L, D) of the lower half to the pooled embedding (B, D')."""

    def __init__(self, model: nn.Module, rest: Sequence[nn.Module]) -> None:
        super().__init__()
        self.model, self.rest = model, nn.ModuleList(rest)

    def forward(self, hidden: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        self.model.embeddings.hidden = hidden  # type: ignore[union-attr]
        out = self.model(input_ids=ids, attention_mask=mask)[0]  # (B, L, D)
        return _pooled({"token_embeddings": out, "attention_mask": mask}, self.rest)


class _Whole(nn.Module):
    """From ids (B, L) to the pooled embedding (B, D'), for an encoder that cannot be cut."""

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        super().__init__()
        self.rest = nn.ModuleList(modules)

    def forward(self, hidden: Tensor | None, ids: Tensor, mask: Tensor) -> Tensor:
        return _pooled({"input_ids": ids, "attention_mask": mask}, self.rest)


def _pooled(features: dict[str, Any], modules: Sequence[nn.Module] | nn.ModuleList) -> Tensor:
    for module in modules:
        features = module(features)
    found: Tensor = features["sentence_embedding"]
    return found


def layers_of(model: nn.Module) -> tuple[str | None, int]:
    """Where a model has its layers, and how many; (None, 0) where that is not known."""
    place = next((place for place in LAYERS if at(model, place) is not None), None)
    return place, len(at(model, place)) if place else 0


def at(model: nn.Module, place: str) -> Any:
    """The module at a dotted place of another; None where there is none."""
    found: Any = model
    for name in place.split("."):
        found = getattr(found, name, None)
    return found


def freeze(model: nn.Module, place: str | None, frozen: int) -> None:
    """Freeze the first layers, with all below them, and what the embedding does not read.

    Embeddings are frozen even without any frozen layer: few of their rows are in the texts.
    """
    layers = list(at(model, place)) if place else []
    inside = {id(p) for layer in layers[frozen:] for p in layer.parameters()}
    for parameter in model.parameters():
        parameter.requires_grad_(id(parameter) in inside or not layers)


def _twin(module: nn.Module) -> nn.Module:
    """A module with the same parts, in which a part can be replaced."""
    twin = copy.copy(module)
    twin._modules = dict(module._modules)
    return twin


def _with_layers(model: nn.Module, place: str, layers: nn.Module) -> nn.Module:
    """``model`` with other layers at ``place``."""
    twin = _twin(model)
    *way, last = place.split(".")
    inner = twin
    for name in way:
        part = _twin(getattr(inner, name))
        setattr(inner, name, part)
        inner = part
    setattr(inner, last, layers)
    return twin


def halves(
    modules: Sequence[nn.Module], model: nn.Module, place: str | None, frozen: int
) -> tuple[nn.Module | None, nn.Module]:
    """Lower and upper half; (None, the whole) where the two do not do what the whole does."""
    whole = _Whole(modules)
    if place is None or not hasattr(model, "embeddings"):
        return None, whole
    layers = at(model, place)
    lower = _with_layers(model, place, layers[:frozen])
    upper = _with_layers(model, place, layers[frozen:])
    upper.embeddings = _Given()
    for half in (lower, upper):
        if getattr(half, "pooler", None) is not None:
            half._modules["pooler"] = None  # the module after it pools
    both = _Upper(upper, modules[1:])
    return (lower, both) if _same(whole, lower, both, modules[0]) else (None, whole)


@torch.no_grad()
def _same(whole: nn.Module, lower: nn.Module, upper: nn.Module, first: Any) -> bool:
    """Whether the halves do on two texts what the whole does."""
    cut = first.tokenizer(list(PROBE), padding=True, return_tensors="pt")
    ids, mask = cut["input_ids"], cut["attention_mask"]  # (2, L)
    whole.eval()
    expected = whole(None, ids, mask)  # (2, D')
    try:
        got = upper(lower(input_ids=ids, attention_mask=mask)[0], ids, mask)
    except Exception:
        return False  # a model whose layers ask for more than BERT's
    return got.shape == expected.shape and bool((got - expected).abs().max() < CLOSE)
