"""What the GPU kernels are given, grouped: named tuples of tensors and numbers.

A kernel reads their fields by name, as it does in Triton's interpreter. What it is compiled for is
a `Shape`, one constant.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Reading(NamedTuple):
    """Where the currents of one branch are read.

    table: float32, entry (n, f, column + j * channels + c) at n * stride_token + f * stride_frame +
        column + j * channels + c
    tokens: (B, L) int32 rows of the table; lengths: (B,) int32
    bias, initial: (C,) float32, of the convolution, and V(0)
    order: (T,) int32, the frame of each step
    texts: B; positions: L; steps: T
    left, right: zeros before and after each text
    """

    table: Tensor
    tokens: Tensor
    lengths: Tensor
    bias: Tensor
    initial: Tensor
    order: Tensor
    texts: int
    positions: int
    steps: int
    left: int
    right: int
    stride_token: int
    stride_frame: int


class Shape(NamedTuple):
    """What the kernels of a branch are compiled for.

    column: the branch's first column in the table; channels: C; width: k
    rule: how it pools (`plan.Rule`); soft: soft reset
    frames: how many frames' currents are held in registers, or 0 to read them at every step
    block_w: windows of a tile; block_c: channels of a block
    """

    column: int
    channels: int
    width: int
    rule: str
    soft: bool
    frames: int
    block_w: int
    block_c: int


class Group(NamedTuple):
    """Texts of a batch that go backward together, and where that is written.

    scratch: (T, texts, longest, C) float32, for the potentials
    gradient: (frames or T, B, longest, C) float32, filled for the group's texts
    first: number of the first text; texts: how many; longest: the most windows that a text has
    """

    scratch: Tensor
    gradient: Tensor
    first: int
    texts: int
    longest: int


class Slope(NamedTuple):
    """The numbers of a surrogate, see `training_kernels.slopes`."""

    height: float
    scale: float
    edge: float
