"""The spiking text model: word ids -> vectors -> spike trains -> output currents over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import torch
from torch import Tensor

from .encoders.bit_table import BitTable
from .network import Network, Signal
from .reader import TextReader
from .spikes.ttfs import RampReadout


class SpikeEncoder(Protocol):
    """What a spiking text model needs of its encoder (see `models/encoders/encoder.py`)."""

    @property
    def spiking(self) -> bool:
        """Whether the frames are spikes in {0, 1}."""

    @property
    def exact(self) -> bool:
        """Whether the frames are the values themselves."""

    @property
    def stochastic(self) -> bool:
        """Whether the frames are drawn at random."""

    @property
    def bernoulli(self) -> bool:
        """Whether values are probabilities of spikes, which are drawn position after position."""

    @property
    def by_word(self) -> bool:
        """Whether a word has the same frames wherever it stands."""

    def encode(
        self,
        x: Tensor,
        lengths: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """Frames (T, B, D', L) of vectors (B, D, L)."""


class SpikingTextModel(TextReader):
    """Range-mapped word vectors, an encoder and a spiking network.

    Args:
        vectors: (V, D) in [-1, 1], row 0 zero; (0, D) to read vectors in place of ids; or a table
            of bits, for an encoder that sends them
        encoder: turns vectors into T frames
        network: spiking network, (T, B, D', L) -> (T, B, K)
        steps: T
    """

    def __init__(
        self, vectors: Tensor | BitTable, encoder: SpikeEncoder, network: Network, steps: int
    ) -> None:
        super().__init__(vectors)
        self.encoder = encoder
        self.network = network
        self.steps = steps

    @property
    def input_values(self) -> int:
        """Values of a position at one step that memory must have room for; a bound from above."""
        slices: int = getattr(self.encoder, "slices", 0)
        return 2 * self.embedding.embedding_dim // max(slices, 1)

    @property
    def latency(self) -> int:
        """Steps from the first frame to the answer: T, where nothing runs before it.

        A time-to-first-spike network needs T steps for every layer, one after the other.
        """
        last = self.network.node(self.network.output)
        return last.latency if isinstance(last, RampReadout) else self.steps

    @property
    def pre_steps(self) -> int:
        """Steps that are run before the T of the answer: none."""
        return 0

    def frames(
        self,
        ids: Tensor,
        lengths: Tensor,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
        steps: int | None = None,
    ) -> Tensor:
        """Input frames (T, B, D', L) of padded ids (B, L)."""
        x = self.embed(ids)  # (B, D, L)
        return self.encoder.encode(x, lengths, steps or self.steps, generator, shared_noise)

    def forward(
        self,
        ids: Tensor,
        lengths: Tensor,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
        steps: int | None = None,
        record: dict[str, Signal] | None = None,
    ) -> Tensor:
        """Output currents (T, B, K) of padded ids (B, L); see :func:`running_logits`."""
        frames = self.frames(ids, lengths, generator, shared_noise, steps)
        return self.network(Signal(frames, lengths), record)

    @property
    def in_pieces(self) -> bool:
        """Whether `pieces` holds few steps at a time; otherwise it gives them all at once."""
        return self.network.resumes and bool(getattr(self.encoder, "in_pieces", False))

    def pieces(
        self,
        ids: Tensor,
        lengths: Tensor,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[dict[str, Signal]]:
        """What `forward` records, in pieces of time: of ``size`` steps, or all where it must be so.

        The pieces together are the recorded run, the same draws and spikes; what is of a piece may
        be dropped before the next is asked for. Runs that cannot be cut give one piece.
        """
        if not self.network.resumes:
            record: dict[str, Signal] = {}
            self(ids, lengths, generator, shared_noise, record=record)
            yield record
            return
        states: dict[str, Any] = {}
        for frames in self._frames(ids, lengths, self.steps, size, generator, shared_noise):
            yield self.network.resume(Signal(frames, lengths), states)

    def _frames(
        self,
        ids: Tensor,
        lengths: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None,
        shared_noise: bool,
    ) -> Iterator[Tensor]:
        """As `frames`, in pieces; an encoder that has none makes all at once."""
        pieces = getattr(self.encoder, "pieces", None)
        if pieces is None:
            yield from self.frames(ids, lengths, generator, shared_noise, steps).split(size)
            return
        yield from pieces(self.embed(ids), lengths, steps, size, generator, shared_noise)


def running_logits(currents: Tensor) -> Tensor:
    """Logits after every step: (T, B, K) -> (T, B, K), the mean of the currents so far.

    The prediction after t steps is the argmax at index t - 1, so one run gives the whole
    accuracy-latency curve.
    """
    steps = torch.arange(1, len(currents) + 1, dtype=currents.dtype, device=currents.device)
    return currents.cumsum(dim=0) / steps.reshape(-1, 1, 1)


def step_currents(running: Tensor) -> Tensor:
    """The currents (T, B, K) of running logits (T, B, K): `running_logits` backwards.

    >>> step_currents(torch.tensor([1.0, 2.0, 2.0]).reshape(3, 1, 1)).flatten().tolist()
    [1.0, 3.0, 2.0]
    """
    steps = torch.arange(1, len(running) + 1, dtype=running.dtype, device=running.device)
    return (running * steps.reshape(-1, 1, 1)).diff(dim=0, prepend=torch.zeros_like(running[:1]))
