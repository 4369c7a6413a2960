"""A front in pieces: some channels of a branch, whose table of projections fits its bytes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...models.network import Network
from ...models.neurons.base import Neurons
from ...models.nodes.layers import Conv1d
from ..compiled.layer import RULES
from ..plan import Branch
from ..threads import kernel_threads
from .surrogate import Surrogate
from .words import Words

if TYPE_CHECKING:
    from .kernels import Piece

# One piece's table of projections holds at most this many bytes. Where a few frames serve many
# steps, pieces are small: no table is kept then, and memory hardly grows with T.
PIECE_BYTES = 1 << 26
SMALL_PIECE_BYTES = 1 << 22
# potentials of one text for a block of channels, which should stay in the cache
BLOCK_BYTES = 1 << 21


@dataclass(frozen=True)
class TrainedBranch:
    """A branch with the nodes that training reads."""

    branch: Branch
    conv: Conv1d
    neurons: Neurons

    @classmethod
    def of(cls, network: Network, branch: Branch) -> TrainedBranch:
        """A branch of ``network``."""
        conv, neurons = network.node(branch.conv), network.node(branch.neurons)
        assert isinstance(conv, Conv1d) and isinstance(neurons, Neurons)
        return cls(branch, conv, neurons)

    def windows(self, words: Words) -> np.ndarray:
        """Valid windows (B,) of the texts of a batch."""
        return np.ascontiguousarray(self.conv.windows(words.lengths))


@dataclass(frozen=True)
class Part:
    """One piece, and where it lies.

    number: of its branch; windows: (B,) of that; channels: the piece's within the branch
    """

    number: int
    windows: np.ndarray
    channels: slice
    piece: Piece


def parts_of(
    branches: Sequence[TrainedBranch], surrogate: Surrogate, words: Words
) -> Iterator[Part]:
    """Every branch in pieces of channels whose table fits `PIECE_BYTES`."""
    column = 0
    for number, trained in enumerate(branches):
        windows, channels = trained.windows(words), trained.branch.channels
        size = _channels_at_once(trained, words)
        for start in range(0, channels, size):
            part = slice(start, min(start + size, channels))
            piece = _piece(trained, surrogate, words, part, column + start)
            yield Part(number, windows, part, piece)
        column += channels


def _channels_at_once(trained: TrainedBranch, words: Words) -> int:
    """How many channels a piece has."""
    frames, rows, _ = words.shape
    branch, itemsize = trained.branch, trained.conv.bias.itemsize
    per_channel = frames * max(rows, 1) * branch.width * itemsize
    most = SMALL_PIECE_BYTES if few_frames(words) else PIECE_BYTES
    count = max(1, math.ceil(branch.channels * per_channel / most))
    return math.ceil(branch.channels / count)


def _piece(
    trained: TrainedBranch, surrogate: Surrogate, words: Words, part: slice, column: int
) -> Piece:
    """The channels ``part`` of a branch, as the kernels read them."""
    from .kernels import BACKWARD_WAYS, SLOPES, Piece

    branch, neurons = trained.branch, trained.neurons
    bias = trained.conv.bias.detach().numpy()
    kind = bias.dtype.type
    initial = np.broadcast_to(np.asarray(neurons.initial, kind), bias.shape)
    return Piece(
        rule=RULES[branch.rule],
        column=column,
        width=branch.width,
        left=branch.padding[0],
        soft=bool(neurons.soft_reset),
        way=BACKWARD_WAYS[surrogate.backward],
        cut=surrogate.truncate or len(words.order),
        one=kind(1),
        bias=np.ascontiguousarray(bias[part]),
        initial=np.ascontiguousarray(initial[part]),
        order=words.order,
        repeats=np.bincount(words.order, minlength=words.shape[0]).astype(kind),
        down=np.arange(len(words.order))[::-1].copy(),
        slope=SLOPES[surrogate.name],
        **{name: kind(value) for name, value in surrogate.constants().items()},
    )


def few_frames(words: Words) -> bool:
    """Whether a few frames serve many steps, as those of direct input and the bit-plane code do."""
    return 2 * words.shape[0] <= len(words.order) or words.shape[0] <= 3


def block_of(piece: Piece, windows: np.ndarray) -> int:
    """How many channels of ``piece`` a kernel takes at a time; whole vector registers."""
    channels = len(piece.bias)
    per_channel = int(windows.max()) * len(piece.order) * piece.bias.itemsize
    count = max(kernel_threads(), math.ceil(channels * per_channel / BLOCK_BYTES))
    return 16 * math.ceil(channels / count / 16)
