"""What tells whether a model was changed since an engine has read it.

An optimiser, `load_state_dict` and assignment are noticed; a change through ``.data`` is not.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ...models.neurons.base import Neurons
from ...models.snn import SpikingTextModel


class WeightsState:
    """Which weights a model has, where each lies, and how often it was written to.

    The weights are held: an address alone could be that of another one by now. Those of
    `torch.inference_mode` do not count what is written to them.
    """

    def __init__(self, model: nn.Module) -> None:
        self._weights: list[Tensor] = list(model.parameters())
        self._places = [p.data_ptr() for p in self._weights]
        self._written = [-1 if p.is_inference() else p._version for p in self._weights]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, WeightsState)
            and list(map(id, self._weights)) == list(map(id, other._weights))
            and (self._places, self._written) == (other._places, other._written)
        )


def weights_state(model: nn.Module) -> WeightsState:
    """The weights of a model as they are now."""
    return WeightsState(model)


def snn_state(model: SpikingTextModel) -> tuple[Any, ...]:
    """The weights, and all settings that an engine reads."""
    neurons = tuple(
        # a list of V(0) belongs to its node, so another list has another identity
        (id(node.initial) if isinstance(node.initial, list) else node.initial, node.soft_reset)
        for node in model.network.nodes.values()
        if isinstance(node, Neurons)
    )
    return weights_state(model), neurons, model.steps, model.encoder
