"""A spiking network of one text in torch's own layers, for tools that watch these.

Such tools find layers by their type and look at what each is given. So convolutions and linear
layers are those of `torch.nn`, neurons are modules of their own, and time is a loop. There is no
padding of a batch: a text stands alone, at its own length. All is float64.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import InputError
from ..models.network import Signal
from ..models.neurons.base import Neurons
from ..models.nodes.layers import Conv1d, Linear
from ..models.snn import SpikingTextModel


class Convolution(nn.Conv1d):
    """A convolution of one text standing alone: zeros beside it, and for a short one to a window.

    They are put in here, so that they are no input and are counted by nobody.
    """

    def __init__(self, node: Conv1d) -> None:
        super().__init__(node.inputs, node.channels, node.width)
        self.sides = node.padding
        _fill(self, node)

    def forward(self, x: Tensor) -> Tensor:
        """(1, D, L) -> (1, C, windows)."""
        left, right = self.sides
        missing = max(0, self.kernel_size[0] - x.shape[-1] - left - right)
        return super().forward(functional.pad(x, (left, right + missing)))


class Fully(nn.Linear):
    """A linear layer on flat features."""

    def __init__(self, node: Linear) -> None:
        super().__init__(node.inputs, node.outputs)
        _fill(self, node)


def _fill(layer: nn.Conv1d | nn.Linear, node: Conv1d | Linear) -> None:
    with torch.no_grad():
        layer.weight = nn.Parameter(node.weight.detach().double().clone())
        assert node.bias is not None
        layer.bias = nn.Parameter(node.bias.detach().double().clone())


class Spikes(nn.Module):
    """A layer of neurons, a step at a time; `reset` before each text."""

    def __init__(self, node: Neurons) -> None:
        super().__init__()
        self.node = node
        self.state: Any = None

    def reset(self) -> None:
        """Begin with V(0)."""
        self.state = None

    def forward(self, current: Tensor) -> Tensor:
        """Spikes of one step, of the shape of ``current``."""
        fired, self.state = self.node.resume([Signal(current.unsqueeze(0))], self.state)
        return fired.values[0]


class Twin(nn.Module):
    """The network of an SNN laid out for one text at a time.

    Args:
        model: the SNN whose weights it has

    Raises:
        InputError: the network cannot be run step by step.
    """

    def __init__(self, model: SpikingTextModel) -> None:
        super().__init__()
        if type(model) is not SpikingTextModel or not model.network.resumes:
            raise InputError(
                "expected an SNN that can be run step by step, but this one runs its network more "
                "than once, or all steps at once"
            )
        self.network = [model.network]  # in a list: its nodes are no layers of the twin
        self.layers = nn.ModuleDict()
        for name in model.network.inputs:
            node = model.network.node(name)
            if type(node) is Conv1d:
                self.layers[name] = Convolution(node)
            elif type(node) is Linear:
                self.layers[name] = Fully(node)
            elif isinstance(node, Neurons):
                self.layers[name] = Spikes(node)
            elif any(True for _ in node.parameters()):
                raise InputError(
                    f"expected convolutions, linear layers and neurons, but the node {name} is a "
                    f"{type(node).__name__}, which the harness does not know"
                )

    def forward(self, frames: Tensor) -> Tensor:
        """Frames (1, T, D', L) of one text -> logits (1, K), the mean of the output currents."""
        for layer in self.layers.values():
            if isinstance(layer, Spikes):
                layer.reset()
        states: dict[str, Any] = {}
        steps = [self._step(frame, states) for frame in frames.double().unbind(1)]
        return torch.stack(steps).mean(dim=0)

    def _step(self, frame: Tensor, states: dict[str, Any]) -> Tensor:
        """Output currents (1, K) of one step's frame (1, D', L)."""
        (network,) = self.network
        signals = {"input": frame}
        for name, sources in network.inputs.items():
            given = [signals[source] for source in sources]
            if name in self.layers:
                signals[name] = self.layers[name](given[0])
                continue
            ends = [_ends(x) for x in given]
            arriving = [Signal(x.unsqueeze(0), end) for x, end in zip(given, ends, strict=True)]
            out, states[name] = network.node(name).resume(arriving, states.get(name))
            signals[name] = out.values[0]
        return signals[network.output]


def _ends(x: Tensor) -> Tensor | None:
    """All positions of one text are valid; None for flat features."""
    return torch.tensor([x.shape[-1]]) if x.dim() == 3 else None
