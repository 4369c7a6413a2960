"""The backward pass of a piece of a branch on a GPU: from pooled spikes to the table of words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..exact_sums import exact_sums
from ..training.surrogate import Surrogate
from .arguments import Group, Slope
from .front import FrontBranch, Tile, import_kernels, reading_of
from .words import TextWords

KERNELS = "training_kernels"
FIRE_BLOCK, ENTRY_BLOCK = 256, 8  # neurons, and entries of a word, that a program takes at once


def attained(parts: Tensor, ties: Tensor, branch: FrontBranch) -> tuple[Tensor, Tensor]:
    """What the backward pass needs of the parts (tiles, T, B, C): marks, and how many share each.

    spikes and mean: how many windows spike, twice. counts and currents: the maximum and how many
    windows attain it. gated: the gate's window, twice.
    """
    rule = branch.branch.rule
    if rule in ("spikes", "mean"):
        count = parts.sum(dim=0, dtype=torch.int32)
        return count, count
    largest = parts.amax(dim=0)
    if rule == "gated":
        window = (2**31 - 1 - ((largest >> 1) & (2**31 - 1))).int()
        return window, window
    # a tile counts the windows that attain its own maximum, which may lie below the text's
    return largest, (ties * (parts == largest)).sum(dim=0, dtype=torch.int32)


def shared(
    given: Tensor, marks: Tensor, many: Tensor, words: TextWords, piece: FrontBranch
) -> Tensor:
    """The share (T, B, C) of the pooled gradient ``given`` that each sharing window gets."""
    rule = piece.branch.rule
    windows = piece.windows(words.texts.lengths)[:, None]  # (B, 1)
    if rule == "spikes":  # where no window spikes, all attain the maximum
        return given / torch.where(marks > 0, marks, windows)
    if rule == "mean":
        return given / windows
    if rule == "counts":  # M(t) - M(t-1) is passed on, so M(t) counts at t and against t + 1
        later = torch.cat([given[1:], torch.zeros_like(given[:1])])
        return (given - later) / many
    return given


@dataclass(frozen=True)
class PieceGradient:
    """The gradients of one piece; frames F count steps where a table has too many to be held.

    surrogate: of the neurons; most: bytes of potentials that are kept at once
    words: the batch; piece: some channels of a branch; table: their projections (N, F, k * C)
    """

    surrogate: Surrogate
    most: int
    words: TextWords
    piece: FrontBranch
    table: Tensor

    @property
    def tile(self) -> Tile:
        """Tiles of at most 16 windows, whose sums by frame fit in registers."""
        return Tile.of(self.words.texts, self.piece, self.table.shape[1], most=16)

    def currents(self, given: Tensor, marks: Tensor, many: Tensor) -> Tensor:
        """The gradient for the currents (F, B, windows, C), from that of the pooled spikes.

        Args:
            given: (T, B, C), for the pooled spikes
            marks: what shares it, see `attained`
            many: how many windows share it
        """
        order, frames = self.words.order, self.table.shape[1]
        if self.piece.branch.rule == "currents":
            share = self._through_neurons(marks[order], given) / many
            order = torch.arange(frames, dtype=torch.int32, device=given.device)
        else:
            share = shared(given, marks, many, self.words, self.piece)
        share, marks, tile = share.contiguous(), marks.contiguous(), self.tile
        texts = self.words.texts
        reading = reading_of(self.table, texts, order, self.piece)
        groups = list(self._groups(len(order)))
        for group in groups:
            import_kernels(KERNELS).backward_kernel[(group.texts, *tile.grid[1:])](
                reading,
                group,
                self._slope(),
                share,
                marks,
                shape=tile.shape,
                slope=self.surrogate.name,
            )
        return groups[0].gradient

    def _groups(self, steps: int) -> Iterator[Group]:
        """The batch in parts whose potentials fit; all write to one gradient."""
        tile, texts = self.tile, len(self.words.texts.tokens)
        channels, pooled_first = self.piece.branch.channels, self.piece.branch.rule == "currents"
        rows = self.table.shape[1] if pooled_first or tile.shape.frames else steps
        gradient = self.table.new_empty(rows, texts, tile.longest, channels)
        each = steps * tile.longest * channels  # potentials of one text
        size = max(1, min(texts, self.most // max(4 * each, 1)))
        scratch = self.table.new_empty(0 if pooled_first else each * size)
        for first in range(0, texts, size):
            yield Group(scratch, gradient, first, min(size, texts - first), tile.longest)

    def _slope(self) -> Slope:
        return Slope(**self.surrogate.constants())

    def _through_neurons(self, currents: Tensor, given: Tensor) -> Tensor:
        """The gradient (F, B, C) for pooled currents (T, B, C), from that for their spikes."""
        gradient = torch.empty_like(currents)
        neurons = currents[0].numel()
        if neurons:
            import_kernels(KERNELS).fire_backward_kernel[(-(-neurons // FIRE_BLOCK),)](
                currents,
                self.piece.initial,
                given,
                gradient,
                len(currents),
                neurons,
                self._slope(),
                channels=self.piece.branch.channels,
                soft=self.piece.soft_reset,
                slope=self.surrogate.name,
                block=FIRE_BLOCK,
            )
        # one product instead of an indexed addition, whose order of terms a GPU does not fix
        numbers = torch.arange(self.table.shape[1], device=given.device)
        sends = (self.words.order == numbers[:, None]).to(gradient.dtype)  # (F, T)
        with exact_sums():
            return torch.tensordot(sends, gradient, dims=1)

    def word_sums(self, currents: Tensor) -> Tensor:
        """The gradient (F, N, k * C) for the table, from that for the currents (F, B, windows, C).

        F is as there.
        """
        shape, number = self.tile.shape, len(self.words.starts) - 1
        frames, _, longest, channels = currents.shape
        sums = currents.new_empty(frames, number, shape.width * channels)
        if sums.numel():
            blocks = -(-channels // shape.block_c)
            import_kernels(KERNELS).segment_kernel[(number, frames, shape.width * blocks)](
                currents,
                self.words.entries,
                self.words.starts,
                sums,
                reading_of(self.table, self.words.texts, self.words.order, self.piece),
                longest,
                number,
                shape=shape,
                block_e=ENTRY_BLOCK,
            )
        return sums

    def weights(self, currents: Tensor) -> Tensor:
        """The gradient for the piece's filters (C, D', k), from that for the currents."""
        sums = self.word_sums(currents)  # (F, N, k * C)
        frames = self.words.frames
        if len(sums) != len(frames):  # written for every step, not for every frame
            frames = frames[self.words.order]
        with exact_sums():
            product = frames.flatten(0, 1).t() @ sums.flatten(0, 1)  # (D', k * C)
        shape = self.piece.branch
        return product.unflatten(1, (shape.width, shape.channels)).permute(2, 0, 1)
