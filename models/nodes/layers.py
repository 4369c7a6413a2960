"""Nodes that ANN and SNN share: convolution, linear layer, dropout, concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...errors import InputError
from ...seeds import generator
from ..divided import uniform
from ..network import Network, Node, Signal
from .fan_out import EXACT, tapped_operations, windowed_operations


def same_padding(width: int) -> tuple[int, int]:
    """Zeros (left, right) that keep the length under a filter of ``width``.

    An even width takes the odd zero on the right, as `torch.nn.Conv1d(padding="same")` does.
    """
    return (width - 1) // 2, width - 1 - (width - 1) // 2


class Conv1d(Node):
    """Convolution over token positions, (..., D, L) -> (..., C, L + left + right - k + 1).

    Every text is convolved as if it stood alone: zeros come before its first and after its last
    token, whatever the batch holds there. A sequence (with its zeros) shorter than the filter is
    filled with zeros to the filter's width, so every text has at least one window; valid windows
    are those that end inside the padded text (or the only one of a short text).

    Args:
        inputs: D
        channels: C
        width: k, in positions
        padding: zeros (left, right); one number for both; ``same`` keeps the length
    """

    fields = ("inputs", "channels", "width", "padding")
    synaptic = True
    timeless = True

    def __init__(
        self, inputs: int, channels: int, width: int, padding: int | str | Sequence[int] = 0
    ) -> None:
        super().__init__()
        self.inputs, self.channels, self.width = inputs, channels, width
        self.padding = _sides(padding, width)
        self.weight = nn.Parameter(torch.empty(channels, inputs, width))  # (C, D, k)
        self.bias = nn.Parameter(torch.zeros(channels))  # (C,)

    def channels_out(self, below: Sequence[int]) -> int:
        """C, whatever comes in."""
        return self.channels

    def synaptic_operations(self, arriving: Tensor, lengths: Tensor | None) -> Tensor:
        """Synapses that a spike reaches in the windows that hold it, edges and padding left out.

        A weight of zero is no synapse: chips that keep their synapses as lists have none there.
        """
        live = self.live()
        if live is None:  # C in every window
            return windowed_operations(arriving, lengths, self.width, self.padding) * self.channels
        return tapped_operations(arriving, lengths, live, self.padding)

    def live(self) -> Tensor | None:
        """Synapses of each input channel and tap, (D, k); None where none is missing."""
        return live_synapses(self.weight)

    def windows(self, lengths: Tensor) -> Tensor:
        """How many valid windows texts of ``lengths`` (B,) have: (B,), at least one."""
        return (lengths + sum(self.padding)).clamp(min=self.width) - self.width + 1

    def convolve(self, values: Tensor) -> Tensor:
        """The sums themselves, without padding: (N, D, L) -> (N, C, L - k + 1)."""
        return functional.conv1d(values, self.weight, self.bias)

    def forward(self, *inputs: Signal) -> Signal:
        """Currents (or pre-activations) at every window.

        Frames (T, B, D, L) that are one frame seen T times (direct input) are convolved once, and
        the currents (T, B, C, windows) are again one step's seen T times.
        """
        (signal,) = inputs
        values, lengths = signal
        if len(values) > 1 and _one_frame(values):
            once = self.forward(Signal(values[0], lengths))  # (B, C, windows)
            return Signal(once.values.expand(len(values), *once.values.shape), once.lengths)
        left, right = self.padding
        reads_padding = lengths is not None and (
            left + right > 0 or bool((lengths < self.width).any())
        )
        if reads_padding:
            # biases of earlier layers live on padding; a window must find the zeros of a lone text
            values = signal.masked()
        missing = self.width - (values.shape[-1] + left + right)
        if left or right or missing > 0:
            values = functional.pad(values, (left, right + max(missing, 0)))
        flat = values.reshape(-1, *values.shape[-2:])  # (T*B, D, L)
        out = self.convolve(flat)  # (T*B, C, windows)
        counts = None if lengths is None else self.windows(lengths)
        return Signal(out.reshape(*values.shape[:-2], *out.shape[-2:]), counts)

    def resume(self, inputs: Sequence[Signal], state: Any) -> tuple[Signal, Any]:
        """As `Node.resume`; the state is a frame that comes again and again, and its currents."""
        values, lengths = inputs[0]
        if not _one_frame(values):
            return self(*inputs), None
        frame = values[0]
        if state is None or state[0].data_ptr() != frame.data_ptr():
            state = frame, self(Signal(frame.unsqueeze(0), lengths))
        once = state[1].values[0]
        return Signal(once.expand(len(values), *once.shape), state[1].lengths), state


def live_synapses(weight: Tensor) -> Tensor | None:
    """Weights (outputs, ...) that are not zero, counted over outputs; None where all are there."""
    found = weight.detach().count_nonzero(dim=0)
    return None if bool((found == len(weight)).all()) else found


def _one_frame(values: Tensor) -> bool:
    """Whether frames (T, B, D, L) are views of one and the same."""
    return values.dim() == 4 and values.stride(0) == 0


def _sides(padding: int | str | Sequence[int], width: int) -> tuple[int, int]:
    """Padding as (left, right), each shorter than the filter."""
    if padding == "same":
        return same_padding(width)
    if isinstance(padding, int):
        padding = (padding, padding)
    good = not isinstance(padding, str) and len(padding) == 2
    if not good or not all(isinstance(n, int) and 0 <= n < max(width, 1) for n in padding):
        raise InputError(
            f"expected a padding of same, or of 0 to {width - 1} zeros on each side of a filter of "
            f"width {width}, but got {padding!r}"
        )
    return int(padding[0]), int(padding[1])


class Linear(Node):
    """Fully connected layer on flat features: (..., F) -> (..., K).

    A signal of one position (..., F, 1), as a text of one vector is, is read as flat features.
    """

    fields = ("inputs", "outputs")
    synaptic = True
    timeless = True

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.inputs, self.outputs = inputs, outputs
        self.weight = nn.Parameter(torch.empty(outputs, inputs))  # (K, F)
        self.bias = nn.Parameter(torch.zeros(outputs))  # (K,)

    def channels_out(self, below: Sequence[int]) -> int:
        """K, whatever comes in."""
        return self.outputs

    def synaptic_operations(self, arriving: Tensor, lengths: Tensor | None) -> Tensor:
        """A spike reaches every output to which its weight is not zero."""
        live = live_synapses(self.weight)  # (F,)
        if live is None:
            return arriving.flatten(2).sum(dim=2, dtype=EXACT) * self.outputs
        return arriving.flatten(2).to(EXACT) @ live.to(EXACT)

    def forward(self, *inputs: Signal) -> Signal:
        """Affine map of the last axis; frames that are one frame seen T times are mapped once."""
        values = flat_features(inputs[0])
        if values.dim() == 3 and len(values) > 1 and values.stride(0) == 0:
            once = self.affine(values[0])  # (B, K)
            return Signal(once.expand(len(values), *once.shape))
        return Signal(self.affine(values))

    def affine(self, values: Tensor) -> Tensor:
        """(..., F) -> (..., K)."""
        return functional.linear(values, self.weight, self.bias)


def flat_features(signal: Signal) -> Tensor:
    """(..., F) of flat features, or of a signal (..., F, 1) of one position.

    Raises:
        InputError: it has more positions.
    """
    if signal.lengths is None:
        return signal.values
    if signal.values.shape[-1] != 1:
        raise InputError(
            "expected flat features or one vector a text for a Linear, but got a sequence of "
            f"{signal.values.shape[-1]} positions: pool over positions first, or use a text stage "
            "that hands on vectors"
        )
    return signal.masked()[..., 0]


class Concat(Node):
    """Join the channels of several branches.

    Flat features (..., F1), (..., F2), ... -> (..., F1 + F2 + ...), or sequences of equally many
    positions (..., C1, L), (..., C2, L), ... -> (..., C1 + C2 + ..., L).
    """

    passing = True
    timeless = True

    def channels_out(self, below: Sequence[int]) -> int:
        """Those of all branches."""
        return sum(below)

    def forward(self, *inputs: Signal) -> Signal:
        """Concatenate along the channel axis."""
        lengths = same_positions("concatenation", inputs)
        axis = -1 if lengths is None else -2
        return Signal(torch.cat([signal.values for signal in inputs], dim=axis), lengths)


def same_positions(what: str, signals: Sequence[Signal]) -> Tensor | None:
    """The lengths that all ``signals`` share; None for flat features.

    Raises:
        InputError: the branches do not have the same positions.
    """
    first = signals[0]
    for other in signals[1:]:
        both_flat = first.lengths is None and other.lengths is None
        if not both_flat and (
            first.lengths is None
            or other.lengths is None
            or first.values.shape[-1] != other.values.shape[-1]
            or not torch.equal(first.lengths, other.lengths)
        ):
            shapes = ", ".join(str(tuple(signal.values.shape)) for signal in signals)
            raise InputError(
                f"expected the branches of a {what} to have the same positions, but their shapes "
                f"are {shapes}: give the convolutions padding same, or pool every branch first"
            )
    return first.lengths


class Dropout(Node):
    """Inverted dropout whose draws come from ``generator``, so that training can be resumed."""

    fields = ("probability",)
    passing = True
    timeless = True  # outside of training

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability
        self.generator: torch.Generator | None = None

    def forward(self, *inputs: Signal) -> Signal:
        """Zero a share of the values while training; the identity otherwise."""
        values, lengths = inputs[0]
        if not self.training or self.probability == 0:
            return Signal(values, lengths)
        texts = -2 if lengths is None else -3  # (..., B, F) or (..., B, C, L)
        draws = uniform(values.shape, self.generator, texts).to(values.device)
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


def initialised(network: Network, seed: int) -> Network:
    """``network`` with its weighted layers filled, each from a stream of its own name."""
    for name in network.inputs:
        node = network.node(name)
        if isinstance(node, Conv1d | Linear):
            initialise(node.weight, generator(seed, "init", name))
    return network
