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
from ..totals import MOST_VALUES
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
    most: int = MOST_VALUES,
    progress: bool = False,
) -> dict[str, list[dict[str, Any]]]:
    """Activity, error budget and advice, for the conversion report; worked out on the CPU.

    Args:
        ann: the trained model
        snn: its conversion
        thresholds: theta by activation node
        recipe: the choices of the conversion
        sequences: id sequences of texts (labels are not needed)
        seed: of the noise of a stochastic encoder
        most: values that may be held of a step, see `convert.totals`
        progress: show progress bars

    Returns:
        ``activity``, ``budget`` and ``advice``, each a list of flat rows. One spike in a window
        (ttfs) has no firing rate, so there the last two are empty.
    """
    ann, snn = on_cpu(ann), on_cpu(snn)
    bar = "activity" if progress else None
    activity = layer_activity(snn, sequences, seed, most, bar)
    if recipe.neuron.layer.windowed:
        return {"activity": activity, "budget": [], "advice": []}
    shift = 0.5 / recipe.steps if recipe.bias_shift else 0.0
    bar = "error budget" if progress else None
    budget = error_budget(ann, snn, thresholds, sequences, seed, shift, most, bar)
    return {"activity": activity, "budget": budget, "advice": advise(budget, activity, recipe)}
