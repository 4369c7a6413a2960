"""Operations of the front, counted from words: what `SpikeCounter` counts on recorded signals."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ...models.network import Signal
from ...models.nodes.fan_out import fan_out_at, tap_reach
from .chunks import Chunk
from .front import Front
from .store import TokenStore


class Tally(Protocol):
    """What counts operations: `models.operations.SpikeCounter`, `evaluate.StepCounters`."""

    def tally(
        self,
        samples: int,
        input_spikes: Tensor,
        record: dict[str, Signal],
        known: dict[str, Tensor],
    ) -> None:
        """Add one batch of which some layers are counted already."""


def count_front(
    counter: Tally,
    front: Front,
    chunk: Chunk,
    pooled: dict[str, Tensor],
    record: dict[str, Signal],
) -> None:
    """Give ``counter`` the operations of a chunk of texts.

    Args:
        counter: what counts
        front: of the network
        chunk: the texts
        pooled: signals (T, B, C) of every branch, by the name of its output node
        record: signals of the nodes after the front
    """
    tally = FrontTally(front, chunk.store, chunk.slots, chunk.starts)
    known = tally.convolutions() | tally.means(pooled)
    counter.tally(len(chunk.texts), tally.input_spikes(), record, known)


class FrontTally:
    """Spikes and synaptic operations of the front in one chunk of texts.

    Args:
        front: of the network
        store: with the rows of the words; it keeps how many spikes each frame of a word has
        slots: rows of the words of all texts
        starts: (B + 1,) where each text starts in ``slots``
    """

    def __init__(
        self, front: Front, store: TokenStore, slots: np.ndarray, starts: np.ndarray
    ) -> None:
        self.front = front
        self.lengths = np.diff(starts)
        self.store, self.slots = store, slots
        self._know(store, np.unique(slots))
        self.spikes = torch.from_numpy(store.spikes[slots]).double()  # (n, F) of every position
        # position of every word in its text, and the length of that text: (n,)
        self.position = torch.from_numpy(
            np.arange(len(slots)) - np.repeat(starts[:-1], self.lengths)
        )
        self.length = torch.from_numpy(np.repeat(self.lengths, self.lengths))

    def _know(self, store: TokenStore, slots: np.ndarray) -> None:
        """Count the spikes of rows that were never counted."""
        new = slots[store.spikes[slots, 0] < 0] if len(slots) else slots
        at_once = self.front.words_at_once
        for start in range(0, len(new), at_once):
            some = new[start : start + at_once]
            words = torch.from_numpy(store.word_of[some])
            frames = self.front.word_frames(words, compiled=False)  # (n, F, K)
            self.front.note(store, some, frames)

    def _by_step(self, per_frame: Tensor) -> Tensor:
        """Sums (F,) of each frame as sums of each step (T,)."""
        if self.front.encoder.spiking:
            return per_frame[torch.from_numpy(self.front.order)]
        steps = torch.zeros(len(self.front.order), dtype=per_frame.dtype)
        steps[0] = per_frame[0]  # analog input: the work of one step
        return steps

    def input_spikes(self) -> Tensor:
        """Input spikes of the whole chunk at each step, (T,); none of analog input."""
        if not self.front.encoder.spiking:
            return torch.zeros(len(self.front.order))
        return self._by_step(self.spikes.sum(0))

    def convolutions(self) -> dict[str, Tensor]:
        """Operations of every convolution at each step, (T,)."""
        known = {}
        for number, branch in enumerate(self.front.plan.branches):
            if self.front.live[number] is None:
                fan_out = fan_out_at(self.position, self.length, branch.width, branch.padding)
                reached = fan_out.double() @ self.spikes * branch.channels  # (F,)
            else:
                reach = tap_reach(self.position, self.length, branch.width, branch.padding)
                work = torch.from_numpy(self.store.work_of(number)[self.slots])  # (n, F, k)
                reached = torch.einsum("nk,nfk->f", reach.double(), work.double())
            known[branch.conv] = self._by_step(reached)
        return known

    def means(self, pooled: dict[str, Tensor]) -> dict[str, Tensor]:
        """Operations of every mean over positions, (T,): the spikes of the neurons below it."""
        known = {}
        for branch in self.front.plan.branches:
            if branch.rule == "mean":
                lengths = torch.from_numpy(self.lengths)
                whole = (lengths + sum(branch.padding)).clamp(min=branch.width)
                windows = (whole - branch.width + 1).double()
                spikes = (pooled[branch.output].double() * windows[:, None]).round()
                known[branch.pool] = spikes.sum(dim=(1, 2))
        return known
