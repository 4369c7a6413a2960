"""The front of a network in training: pooled spikes forward, gradients for its filters backward."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ...models.network import Network, Signal
from ...models.neurons.base import Neurons
from ...models.nodes.layers import Conv1d
from ...models.spikingjelly import spikingjelly_neurons
from ...models.surrogates import Backward
from ..plan import Branch, Plan
from ..threads import in_parts, kernel_threads
from .rate import rate_neurons
from .words import Words, fused, project, weight_gradient

if TYPE_CHECKING:
    from .kernels import Piece

# One piece's table of projections, and all tables that are kept for the backward pass, hold at most
# this many bytes; tables beyond that are computed again. Where a few frames serve many steps that
# is cheap, so none is kept and pieces are small: memory then hardly grows with T.
PIECE_BYTES = 1 << 26
KEPT_BYTES = 1 << 28
SMALL_PIECE_BYTES = 1 << 22
# potentials of one text for a block of channels, which should stay in the cache
BLOCK_BYTES = 1 << 21


@dataclass(frozen=True)
class Surrogate:
    """The surrogate gradient of training: its name, its width in thresholds, exact or by rates."""

    name: str = "atan"
    width: float = 1.0
    backward: Backward = "exact"

    def neurons(self, network: Network) -> AbstractContextManager[None]:
        """A block in which every neuron of ``network`` is trained so, whatever engine runs it."""
        if self.backward == "rate":
            return rate_neurons(network, self.name, self.width)
        return spikingjelly_neurons(network, self.name, self.width)

    def constants(self) -> dict[str, float]:
        """Height, scale and edge of `training_kernels.slopes`."""
        w = self.width
        return {
            "atan": {"height": 1 / w, "scale": math.pi / w, "edge": 0.0},
            "sigmoid": {"height": 0.0, "scale": 4 / w, "edge": 0.0},
            "rectangle": {"height": 1 / w, "scale": 0.0, "edge": w / 2},
            "triangle": {"height": 1 / w, "scale": 1 / w**2, "edge": w},
        }[self.name]


class Front:
    """The branches of a network up to their pooled spikes.

    Args:
        network: with a plan
        plan: its plan (`plan_of`)
        surrogate: of the backward pass
        kernels: use numba where it is
    """

    def __init__(
        self, network: Network, plan: Plan, surrogate: Surrogate, kernels: bool = True
    ) -> None:
        self.network, self.branches = network, plan.branches
        self.surrogate, self.kernels = surrogate, kernels

    def conv(self, branch: Branch) -> Conv1d:
        """The convolution of ``branch``."""
        node = self.network.node(branch.conv)
        assert isinstance(node, Conv1d)
        return node

    def __call__(self, words: Words) -> Tensor:
        """Pooled spikes (T, B, C) of all branches side by side."""
        if not (self.kernels and fused(words.dtype)):
            return torch.cat([self._by_torch(branch, words) for branch in self.branches], dim=2)
        parameters = [p for b in self.branches for p in (self.conv(b).weight, self.conv(b).bias)]
        pooled = _Pooled.apply(self, words, *parameters)
        assert isinstance(pooled, Tensor)
        return pooled

    def _by_torch(self, branch: Branch, words: Words) -> Tensor:
        """Pooled spikes (T, B, C) of one branch by torch alone; its neurons run as they are set."""
        conv = self.conv(branch)
        frames = torch.stack([words.frame(number) for number in range(words.shape[0])])
        taps = torch.einsum("fnd,cdj->jfnc", frames, conv.weight)
        table = torch.nn.functional.pad(taps, (0, 0, 0, 1))  # (k, F, N + 1, C), the last is silent
        windows = conv.windows(words.lengths)  # (B,)
        most, left = int(windows.max()), branch.padding[0]
        rows = torch.from_numpy(words.rows)
        right = max(most + branch.width - 1 - left - rows.shape[1], 0)
        places = torch.nn.functional.pad(rows, (left, right), value=-1)
        places = torch.where(places < 0, table.shape[2] - 1, places)
        currents: Tensor = conv.bias
        for tap in range(branch.width):
            currents = currents + table[tap][:, places[:, tap : tap + most]]  # (F, B, W, C)
        signal = Signal(currents[torch.from_numpy(words.order)].transpose(2, 3), windows)
        for name in branch.after:
            signal = self.network.node(name)(signal)
        return signal.values

    def pieces(self, words: Words) -> Iterator[tuple[int, slice, Piece]]:
        """Every branch in pieces of channels whose table fits `PIECE_BYTES`.

        Yields:
            The branch's number, the piece's channels within the branch, and the piece.
        """
        from .kernels import RULES, SLOPES, Piece

        frames, rows, _ = words.shape
        column = 0
        for number, branch in enumerate(self.branches):
            conv, node = self.conv(branch), self.network.node(branch.neurons)
            assert isinstance(node, Neurons)
            bias = conv.bias.detach().numpy()
            kind = bias.dtype.type
            initial = np.broadcast_to(np.asarray(node.initial, kind), bias.shape)
            per_channel = frames * max(rows, 1) * branch.width * kind().nbytes
            most = SMALL_PIECE_BYTES if few_frames(words) else PIECE_BYTES
            count = max(1, math.ceil(branch.channels * per_channel / most))
            size = math.ceil(branch.channels / count)
            for start in range(0, branch.channels, size):
                part = slice(start, min(start + size, branch.channels))
                yield (
                    number,
                    part,
                    Piece(
                        rule=RULES[branch.rule],
                        column=column + start,
                        width=branch.width,
                        left=branch.padding[0],
                        soft=bool(node.soft_reset),
                        rate=self.surrogate.backward == "rate",
                        one=kind(1),
                        bias=np.ascontiguousarray(bias[part]),
                        initial=np.ascontiguousarray(initial[part]),
                        order=words.order,
                        repeats=np.bincount(words.order, minlength=frames).astype(kind),
                        down=np.arange(len(words.order))[::-1].copy(),
                        slope=SLOPES[self.surrogate.name],
                        **{n: kind(v) for n, v in self.surrogate.constants().items()},
                    ),
                )
            column += branch.channels

    def windows(self, number: int, words: Words) -> np.ndarray:
        """Valid windows (B,) of branch ``number``."""
        return np.ascontiguousarray(self.conv(self.branches[number]).windows(words.lengths))


def few_frames(words: Words) -> bool:
    """Whether a few frames serve many steps, as those of direct input and the bit-plane code do."""
    return 2 * words.shape[0] <= len(words.order) or words.shape[0] <= 3


def _block(piece: Piece, windows: np.ndarray) -> int:
    """How many channels of ``piece`` a kernel takes at a time; whole vector registers."""
    channels = len(piece.bias)
    per_channel = int(windows.max()) * len(piece.order) * piece.bias.itemsize
    count = max(kernel_threads(), math.ceil(channels * per_channel / BLOCK_BYTES))
    return 16 * math.ceil(channels / count / 16)


class _Pooled(torch.autograd.Function):
    """Pooled spikes (T, B, C) by the kernels, with gradients for weights and biases."""

    @staticmethod
    def forward(ctx: Any, front: Front, words: Words, *parameters: Tensor) -> Tensor:
        """Project, gather, integrate, fire and pool, piece by piece."""
        channels = sum(branch.channels for branch in front.branches)
        shape = len(words.order), len(words.rows), channels
        pooled = torch.empty(shape, dtype=words.dtype)
        ctx.front, ctx.words, ctx.kept = front, words, []
        kept, most = 0, 0 if few_frames(words) else KEPT_BYTES
        for number, part, piece in front.pieces(words):
            table = project(words, parameters[2 * number][part])
            _forward(front.windows(number, words), words, piece, table, pooled)
            kept += table.nbytes
            ctx.kept.append(table if kept <= most else None)
        ctx.save_for_backward(*parameters)
        return pooled

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Compute the potentials again, and sum the gradients of every word before the weights'."""
        from .kernels import CURRENTS

        front, words, parameters = ctx.front, ctx.words, ctx.saved_tensors
        given = gradients[0].contiguous()
        found = [torch.empty_like(p) for p in parameters]
        buffer = given.new_empty(0)  # for one piece after the other: fresh memory costs its faults
        for number, part, piece in front.pieces(words):
            table = ctx.kept.pop(0) if ctx.kept else None
            if table is None:
                table = project(words, parameters[2 * number][part])
            by_mean = piece.rate and piece.rule != CURRENTS
            frames = 1 if by_mean else table.shape[1]
            shape = len(table), frames, table.shape[2]
            if buffer.numel() < math.prod(shape):
                buffer = table.new_empty(math.prod(shape))
            gradient = buffer[: math.prod(shape)].view(shape).zero_()
            windows = front.windows(number, words)
            bias = _backward(windows, words, piece, table, given, gradient)
            del table
            weight = weight_gradient(words, gradient, by_mean)
            weight = weight[:, : piece.width * len(bias)].unflatten(1, (piece.width, -1))
            found[2 * number][part] = weight.permute(2, 0, 1)  # (C, D', k)
            found[2 * number + 1][part] = bias
        return (None, None, *found)


def _forward(
    windows: np.ndarray, words: Words, piece: Piece, table: Tensor, pooled: Tensor
) -> None:
    """Fill ``piece``'s columns of pooled (T, B, C)."""
    from .kernels import forward_block

    def run(start: int, stop: int) -> None:
        forward_block(table.numpy(), words.rows, windows, piece, start, stop, pooled.numpy())

    in_parts(len(piece.bias), run, _block(piece, windows))


def _backward(
    windows: np.ndarray, words: Words, piece: Piece, table: Tensor, given: Tensor, gradient: Tensor
) -> Tensor:
    """Add to the gradient of ``table``; returns the bias's (C,). given: (T, B, C) of the pool."""
    from .backward import backward_block

    bias = np.zeros(len(piece.bias))
    arrays = table.numpy(), words.rows, windows
    out, target = given.numpy(), gradient.numpy()

    def run(start: int, stop: int) -> None:
        backward_block(*arrays, piece, start, stop, out, target, bias)

    in_parts(len(bias), run, _block(piece, windows))
    return torch.from_numpy(bias)
