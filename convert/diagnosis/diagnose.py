"""What a conversion does on real texts, and what to change about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from ...models.devices import on_cpu
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ..recipes.recipe import ConversionRecipe
from .activity import layer_activity
from .advice import advise
from .budget import error_budget


def diagnose(
    ann: TextModel,
    snn: SpikingTextModel,
    thresholds: dict[str, Tensor],
    recipe: ConversionRecipe,
    sequences: Sequence[np.ndarray],
    seed: int = 0,
) -> dict[str, list[dict[str, Any]]]:
    """Activity, error budget and advice, for the conversion report; worked out on the CPU.

    Args:
        ann: the trained model
        snn: its conversion
        thresholds: theta by activation node
        recipe: the choices of the conversion
        sequences: id sequences of texts (labels are not needed)
        seed: of the noise of a stochastic encoder

    Returns:
        ``activity``, ``budget`` and ``advice``, each a list of flat rows. One spike in a window
        (ttfs) has no firing rate, so there the last two are empty.
    """
    ann, snn = on_cpu(ann), on_cpu(snn)
    activity = layer_activity(snn, sequences, seed)
    if recipe.neuron.layer.windowed:
        return {"activity": activity, "budget": [], "advice": []}
    shift = 0.5 / recipe.steps if recipe.bias_shift else 0.0
    budget = error_budget(ann, snn, thresholds, sequences, seed, shift)
    return {"activity": activity, "budget": budget, "advice": advise(budget, activity, recipe)}
