"""A classifier on a sentence encoder: its logits, with gradients for batches, without for all."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...engine.dense.products import gradient_type
from ...models.batches import by_length
from ...models.devices import device_of, find_numbers
from ...progress import bar
from ...seeds import generator
from .hidden import BATCH, POSITIONS, Hidden
from .trunk import Trunk

DROPOUT = 0.1  # of the embedding that the head reads; the encoder itself is trained without
HEAD_SCALE = 0.02  # standard deviation of the first weights, as BERT's


class Classifier(nn.Module):
    """The upper half of an encoder and a linear layer on the pooled embedding.

    Modes of training are not handed on to the encoder: its dropout would draw from the random
    numbers of the whole process, and a training that is resumed would draw others.
    """

    def __init__(self, trunk: Trunk, classes: int, seed: int) -> None:
        super().__init__()
        self.upper = trunk.upper
        self.head = nn.Linear(trunk.dim, classes)
        random = generator(seed, "teacher", "head")
        with torch.no_grad():
            self.head.weight.normal_(0.0, HEAD_SCALE, generator=random)
            self.head.bias.zero_()

    def train(self, mode: bool = True) -> Classifier:
        """As `torch.nn.Module.train`, with the encoder in evaluation mode for good."""
        super().train(mode)
        self.upper.eval()
        return self

    def forward(self, embedding: Tensor, random: torch.Generator | None = None) -> Tensor:
        """Logits (B, K) of pooled embeddings (B, D); ``random`` draws the dropout of training."""
        if self.training and random is not None:
            kept = torch.rand(embedding.shape, generator=random) >= DROPOUT  # (B, D)
            embedding = embedding * (kept.to(embedding.device) / (1 - DROPOUT))
        logits: Tensor = self.head(embedding)
        return logits


@dataclass(frozen=True)
class Teacher:
    """A classifier with its frozen half, and how their products are made.

    precision: of `models.devices.NUMBERS`
    """

    trunk: Trunk
    model: Classifier
    precision: str = "auto"

    def products(self) -> AbstractContextManager[object]:
        """The block in which texts go through the encoder."""
        return autocast(device_of(self.model), self.precision)

    def batch(
        self, hidden: Hidden, indices: list[int], random: torch.Generator | None = None
    ) -> Tensor:
        """Logits (B, K) of some texts; a text's do not depend on the others but for rounding."""
        below, ids, mask = hidden.batch(indices)
        with self.products():
            embedding = self.model.upper(below, ids, mask)  # (B, D)
        return self.model(embedding.float(), random)

    @torch.no_grad()
    def logits(self, hidden: Hidden, title: str = "") -> Tensor:
        """Logits (N, K) float32 of all texts of ``hidden``, on the CPU."""
        self.model.eval()
        found = torch.zeros(len(hidden), self.model.head.out_features)
        batches = list(by_length(hidden.tokens, BATCH, POSITIONS))
        with bar(total=len(hidden), desc=title, leave=False, shown=bool(title)) as shown:
            for indices in batches:
                found[indices] = self.batch(hidden, indices).cpu()
                shown.update(len(indices))
        return found


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """A block in which products are those of bfloat16 numbers, where asked for or fast."""
    if device.type == "cuda":
        precision = find_numbers(precision, device)
    narrow = gradient_type(precision) == torch.bfloat16
    return torch.autocast(device.type, torch.bfloat16, enabled=narrow)
