"""What tells whether a model was changed since an engine has read it.

An optimiser, `load_state_dict` and assignment are noticed; a change through ``.data`` is not.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from ...models.neurons.base import Neurons
from ...models.snn import SpikingTextModel

WeightsState = tuple[tuple[int, int], ...]


def weights_state(model: nn.Module) -> WeightsState:
    """Where each weight lies, and how often it was written to."""
    return tuple((p.data_ptr(), p._version) for p in model.parameters())


def snn_state(model: SpikingTextModel) -> tuple[Any, ...]:
    """The weights, and all settings that an engine reads."""
    neurons = tuple(
        # a list of V(0) belongs to its node, so another list has another identity
        (id(node.initial) if isinstance(node.initial, list) else node.initial, node.soft_reset)
        for node in model.network.nodes.values()
        if isinstance(node, Neurons)
    )
    return weights_state(model), neurons, model.steps, model.encoder
