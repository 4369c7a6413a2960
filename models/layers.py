"""Nodes that ANN and SNN share: convolution, linear layer, dropout, concatenation."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .network import Node, Signal, register


@register
class Conv1d(Node):
    """Convolution over token positions, without padding of its own.

    (..., D, L) -> (..., C, L - k + 1). A sequence shorter than the filter is filled with zeros to
    the filter's width, so every text has at least one window; valid windows are those that end
    inside the text (or the only one of a short text).
    """

    fields = ("inputs", "channels", "width")

    def __init__(self, inputs: int, channels: int, width: int) -> None:
        super().__init__()
        self.inputs, self.channels, self.width = inputs, channels, width
        self.weight = nn.Parameter(torch.empty(channels, inputs, width))  # (C, D, k)
        self.bias = nn.Parameter(torch.zeros(channels))  # (C,)

    def forward(self, *inputs: Signal) -> Signal:
        """Currents (or pre-activations) at every window."""
        (signal,) = inputs
        values, lengths = signal
        missing = self.width - values.shape[-1]
        if missing > 0:
            values = functional.pad(values, (0, missing))
        flat = values.reshape(-1, *values.shape[-2:])  # (T*B, D, L)
        out = functional.conv1d(flat, self.weight, self.bias)  # (T*B, C, L-k+1)
        windows = None if lengths is None else lengths.clamp(min=self.width) - self.width + 1
        return Signal(out.reshape(*values.shape[:-2], *out.shape[-2:]), windows)


@register
class Linear(Node):
    """Fully connected layer on flat features: (..., F) -> (..., K)."""

    fields = ("inputs", "outputs")

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.inputs, self.outputs = inputs, outputs
        self.weight = nn.Parameter(torch.empty(outputs, inputs))  # (K, F)
        self.bias = nn.Parameter(torch.zeros(outputs))  # (K,)

    def forward(self, *inputs: Signal) -> Signal:
        """Affine map of the last axis."""
        return Signal(functional.linear(inputs[0].values, self.weight, self.bias))


@register
class Concat(Node):
    """Join flat features of several branches: (..., F1), (..., F2), ... -> (..., F1 + F2 + ...)."""

    def forward(self, *inputs: Signal) -> Signal:
        """Concatenate along the last axis."""
        return Signal(torch.cat([signal.values for signal in inputs], dim=-1))


@register
class Dropout(Node):
    """Inverted dropout whose draws come from ``generator``, so that training can be resumed."""

    fields = ("probability",)

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability
        self.generator: torch.Generator | None = None

    def forward(self, *inputs: Signal) -> Signal:
        """Zero a share of the values while training; the identity otherwise."""
        values, lengths = inputs[0]
        if not self.training or self.probability == 0:
            return Signal(values, lengths)
        draws = torch.rand(values.shape, generator=self.generator).to(values.device)
        keep = (draws >= self.probability).to(values.dtype)
        return Signal(values * keep / (1 - self.probability), lengths)


def initialise(weight: Tensor, generator: torch.Generator) -> None:
    """Fill ``weight`` (outputs, inputs, ...) with Kaiming-uniform values for a ReLU layer.

    Source: He et al. 2015, eq. 10 (bound sqrt(6 / fan_in)).
    """
    fan_in = weight[0].numel()
    bound = (6.0 / fan_in) ** 0.5
    with torch.no_grad():
        weight.uniform_(-bound, bound, generator=generator)
