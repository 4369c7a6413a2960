"""A new input code: spikes where the value is above a threshold that runs through [0, 1] evenly."""

from __future__ import annotations

import torch
from torch import Tensor

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.reference import snn_logits
from snnconvert.models.encoders.encoder import CODES, Encoder
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel


def halves(steps: int) -> list[float]:
    """Van der Corput's sequence, 1/2, 1/4, 3/4, 1/8 ...: every stretch of it is spread evenly."""
    reversed_bits = [int(f"{t:032b}"[::-1], 2) for t in range(1, steps + 1)]
    return [bits / 2**32 for bits in reversed_bits]


def corput(x: Tensor, steps: int, generator: torch.Generator | None, shared: bool) -> Tensor:
    """Spikes (T, B, C, L) of values x (B, C, L) in [0, 1]: one at step t where x is above h(t)."""
    return torch.stack([(x > threshold).to(x.dtype) for threshold in halves(steps)])


CODES["corput"] = corput  # from here on it is a code like any other


def accuracy(ann: TextModel, calibration: list, sequences: list, labels: list[int]) -> float:
    """Convert ``ann`` for T = 7 with the new code; its accuracy on other texts."""
    recipe = ConversionRecipe(steps=7, encoder=Encoder("corput"))
    snn: SpikingTextModel = convert_model(ann, recipe, calibration).snn
    winners = snn_logits(snn, sequences)[-1].argmax(dim=1)  # (N,)
    return float((winners == torch.tensor(labels)).float().mean())
