"""The front of a text network on a GPU: pooled signals from a table of projected words.

The kernels are in `kernels.py`, which needs the package triton; it is imported when the
first of them is launched, so this module loads without. The same functions run on the CPU in
triton's interpreter (``TRITON_INTERPRET=1`` before triton is imported), slowly: for tests.

Results are those of `models/`, to the spike, wherever the currents are sums without rounding
(`engine/grid.py`): the kernels add in another order than a convolution does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import torch
from torch import Tensor

from ...errors import InputError, SnnConvertError
from ...installation import install_hint
from ...models.network import Network
from ...models.neurons.base import Neurons
from ...models.nodes.layers import Conv1d
from ..plan import Branch, Plan
from .arguments import Reading, Shape

# more frames than this do not fit in the registers of a tile and are read again at every step
HELD_FRAMES = 8
CHANNEL_BLOCK = 32
LINE = 16  # floats of which a row has a whole number, so that four are read at a time


@dataclass(frozen=True)
class FrontBranch:
    """What a kernel needs of one branch.

    branch: names, rule and geometry; column: its first column in the table; bias: (C,) float32;
    initial: (C,) float32, V(0); soft_reset: of its neurons.
    """

    branch: Branch
    column: int
    bias: Tensor
    initial: Tensor
    soft_reset: bool

    def windows(self, lengths: Tensor) -> Tensor:
        """How many valid windows texts of ``lengths`` (B,) have: (B,), at least one."""
        width = self.branch.width
        return (lengths + sum(self.branch.padding)).clamp(min=width) - width + 1


def import_kernels(name: str = "kernels") -> ModuleType:
    """The module of kernels called ``name``.

    Raises:
        SnnConvertError: triton is not installed.
    """
    from importlib import import_module

    try:
        import_module("triton")
    except ImportError:
        raise SnnConvertError(
            "the GPU engine needs the package triton, which is not installed: install it "
            f"({install_hint('gpu')}), or run the model on the CPU"
        ) from None
    return import_module(f".{name}", __package__)


def front_branches(network: Network, plan: Plan) -> tuple[FrontBranch, ...]:
    """The branches of ``plan`` with their parameters, in the table's order of columns."""
    found = []
    for branch, column in zip(plan.branches, plan.offsets, strict=True):
        conv, neurons = network.node(branch.conv), network.node(branch.neurons)
        assert isinstance(conv, Conv1d) and isinstance(neurons, Neurons)
        like = conv.bias.detach()
        initial = torch.as_tensor(neurons.initial, dtype=torch.float32, device=like.device)
        if initial.dim() and len(initial) != branch.channels:
            raise InputError(
                f"expected one V(0) for each of {branch.channels} channels, but got {len(initial)}"
            )
        initial = initial.expand(branch.channels).contiguous()  # (C,)
        found.append(FrontBranch(branch, column, like, initial, neurons.soft_reset))
    return tuple(found)


def with_whole_lines(table: Tensor) -> Tensor:
    """``table`` with columns of zeros at its end where its last axis has no whole lines."""
    missing = -table.shape[-1] % LINE
    return torch.nn.functional.pad(table, (0, missing)) if missing else table


def pooled_signals(
    table: Tensor,
    tokens: Tensor,
    lengths: Tensor,
    order: Sequence[int],
    branches: Sequence[FrontBranch],
) -> dict[str, Tensor]:
    """Every branch's pooled spike train.

    Args:
        table: (N, F, taps) float32, the last axis contiguous
        tokens: (B, L) rows of the table; what stands beyond a text's length is not read
        lengths: (B,) words of each text
        order: T frame numbers, one for each step
        branches: of the network

    Returns:
        By the name of each branch's output node, (T, B, C) float32.

    Raises:
        InputError: a table whose last axis is not contiguous or is not float32.
        SnnConvertError: triton is not installed.
    """
    if table.dtype != torch.float32 or table.stride(-1) != 1:
        raise InputError(
            "expected a float32 table whose taps lie side by side, "
            f"but got {table.dtype} with strides {table.stride()}"
        )
    steps = torch.tensor(order, dtype=torch.int32, device=table.device)  # (T,)
    texts = Texts.of(tokens, lengths)
    signals = {}
    for branch in branches:
        parts, _ = launch_front(table, texts, steps, branch, ties=False)
        signals[branch.branch.output] = joined(parts, texts, branch, steps)
    return signals


@dataclass(frozen=True)
class Texts:
    """A batch as kernels read it: tokens (B, L) int32 and lengths (B,) int32, contiguous."""

    tokens: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, tokens: Tensor, lengths: Tensor) -> Texts:
        """A batch of table rows (B, L) and lengths (B,) of any integer type."""
        return cls(tokens.int().contiguous(), lengths.int().contiguous())


def launch_front(
    table: Tensor, texts: Texts, order: Tensor, branch: FrontBranch, ties: bool
) -> tuple[Tensor, Tensor]:
    """Run the kernel of one branch: its parts (tiles, T, B, C), one for each tile of windows.

    Args:
        table: (N, F, taps) float32
        texts: the batch
        order: (T,) int32
        branch: the branch
        ties: also count how many windows share a maximum

    Returns:
        The parts, as `kernels.front_kernel` describes them, and the number of windows that
        share a part's maximum (tiles, T, B, C) int32 (empty without ``ties``). For the rule
        currents there is one part for each of the table's frames instead of each step.
    """
    kernels = import_kernels()
    shape = branch.branch
    if shape.rule == "currents":  # no time passes before the pooling: one turn for each frame
        order = torch.arange(table.shape[1], dtype=torch.int32, device=table.device)
    tile = Tile.of(texts, branch, frames=table.shape[1])
    kind = {"gated": torch.int64, "currents": torch.float32}.get(shape.rule, torch.int32)
    size = (tile.number, len(order), len(texts.tokens), shape.channels)
    parts = torch.empty(size, dtype=kind, device=table.device)
    shared = torch.empty(size if ties else 0, dtype=torch.int32, device=table.device)
    if parts.numel():
        reading = reading_of(table, texts, order, branch)
        kernels.front_kernel[tile.grid](reading, parts, shared, shape=tile.shape, ties=ties)
    return parts, shared


def reading_of(table: Tensor, texts: Texts, order: Tensor, branch: FrontBranch) -> Reading:
    """Where kernels read the currents of a branch; see `launch_front`."""
    (count, positions), (left, right) = texts.tokens.shape, branch.branch.padding
    return Reading(
        table=table,
        tokens=texts.tokens,
        lengths=texts.lengths,
        bias=branch.bias,
        initial=branch.initial,
        order=order,
        texts=count,
        positions=positions,
        steps=len(order),
        left=left,
        right=right,
        stride_token=table.stride(0),
        stride_frame=table.stride(1),
    )


@dataclass(frozen=True)
class Tile:
    """How the windows and channels of a branch are cut into programs.

    number: tiles of windows; grid: (texts, channel blocks, tiles); shape: what the kernels are
    compiled for; longest: the most windows a text of the batch can have.
    """

    number: int
    grid: tuple[int, int, int]
    shape: Shape
    longest: int

    @classmethod
    def of(cls, texts: Texts, branch: FrontBranch, frames: int, most: int = 32) -> Tile:
        """Tiles of ``most`` windows and 32 channels (a cache line of the table's row).

        With 128 threads, that is 8 potentials a thread. Held frames take registers of their own, so
        then a tile has 16 windows (compiled for sm_90 it needs at most 192 registers, no spills).
        """
        shape = branch.branch
        count, positions = texts.tokens.shape
        longest = max(positions + sum(shape.padding), shape.width) - shape.width + 1
        held = frames if frames <= HELD_FRAMES else 0
        block = 16 if longest <= 16 or held > 1 else most
        number = -(-longest // block)
        made = Shape(
            branch.column,
            shape.channels,
            shape.width,
            shape.rule,
            branch.soft_reset,
            held,
            block,
            CHANNEL_BLOCK,
        )
        return cls(number, (count, -(-shape.channels // CHANNEL_BLOCK), number), made, longest)


def joined(parts: Tensor, texts: Texts, branch: FrontBranch, order: Tensor) -> Tensor:
    """One spike train (T, B, C) from the parts (tiles, T, B, C) of the tiles."""
    rule = branch.branch.rule
    if rule == "spikes":
        return (parts.sum(dim=0) > 0).float()
    if rule == "mean":
        return parts.sum(dim=0).float() / branch.windows(texts.lengths)[:, None]
    largest = parts.amax(dim=0)  # (T, B, C)
    if rule == "gated":
        return (largest & 1).float()  # the gate's spike is the lowest bit
    if rule == "currents":
        return fired(largest[order], branch)
    return torch.diff(largest, dim=0, prepend=torch.zeros_like(largest[:1])).float()


def fired(currents: Tensor, branch: FrontBranch) -> Tensor:
    """Spikes (T, B, C) of a branch's neurons for pooled currents (T, B, C)."""
    kernels = import_kernels()
    spikes = torch.empty_like(currents)
    steps, neurons, block = len(currents), currents[0].numel(), 256
    if spikes.numel():
        kernels.fire_kernel[(-(-neurons // block),)](
            currents,
            branch.initial,
            spikes,
            steps,
            neurons,
            channels=branch.branch.channels,
            soft=branch.soft_reset,
            block=block,
        )
    return spikes
