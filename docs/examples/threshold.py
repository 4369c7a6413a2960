"""A threshold rule of your own: the mean of what fires, and three standard deviations."""

from __future__ import annotations

import torch
from torch import Tensor

from snnconvert.convert.build import build_snn
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.models.batches import to_batch
from snnconvert.models.network import Signal
from snnconvert.models.nodes.activations import Activation
from snnconvert.models.silenced import spiking_model
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel


@torch.no_grad()
def three_sigma(ann: TextModel, sequences: list) -> dict[str, Tensor]:
    """A threshold (1,) for every activation node of ``ann``, from its values on some texts."""
    ids, lengths = to_batch(sequences)
    record: dict[str, Signal] = {}
    ann.network(Signal(ann.embed(ids), lengths), record)
    found = {}
    for name in ann.network.inputs:
        if isinstance(ann.network.node(name), Activation):
            values = record[name].masked()  # padding is zero, and zeros do not count
            active = values[values > 0]
            found[name] = (active.mean() + 3 * active.std()).reshape(1)
    return found


def convert(ann: TextModel, sequences: list, steps: int = 8) -> SpikingTextModel:
    """Convert ``ann`` with these thresholds; everything else is as by default."""
    recipe = ConversionRecipe(steps=steps)
    network, _ = build_snn(ann.network, recipe, three_sigma(ann, sequences))
    return spiking_model(ann.embedding.weight.detach(), recipe.encoder, network, steps).eval()
