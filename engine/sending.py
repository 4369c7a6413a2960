"""What the input code of a spiking model sends of one text, and what that stands for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..models.batches import to_batch
from ..models.encoders.encoder import Encoder
from ..models.snn import SpikingTextModel
from ..seeds import generator


@dataclass(frozen=True)
class Sent:
    """One text of L positions as frames, on the CPU.

    Attributes:
        frames: (T, L, C) of C input channels, 0 or 1 where the code spikes
        vectors: (L, D) what was to be sent, in [-1, 1]; without components where a model holds bits
            in place of vectors, and then there is nothing to compare what is sent with
        decoded: (L, D) what the frames stand for
        read: (L, D) what the network reads of them; less where spikes say by when they come what
            neurons that count them do not see
    """

    frames: Tensor
    vectors: Tensor
    decoded: Tensor
    read: Tensor

    @cached_property
    def spikes(self) -> Tensor:
        """Spikes (L, T) of each position and step; of analog frames the sum of their sizes."""
        return self.frames.abs().sum(dim=2, dtype=torch.float64).T

    @cached_property
    def rates(self) -> Tensor:
        """Spikes (L,) a channel and step of each position."""
        return self.frames.abs().mean(dim=(0, 2), dtype=torch.float64)

    @cached_property
    def errors(self) -> Tensor:
        """Root mean square (L,) of decoded less vector, over the components; of none NaN."""
        return _size(self.decoded - self.vectors)

    @cached_property
    def read_errors(self) -> Tensor:
        """The same (L,) of what the network reads."""
        return _size(self.read - self.vectors)

    @cached_property
    def sizes(self) -> Tensor:
        """Root mean square (L,) of the components of each vector."""
        return _size(self.vectors)

    @cached_property
    def distinct(self) -> list[int]:
        """How many different frames each position has, silence too."""
        return [_different(self.frames[:, i]) for i in range(self.frames.shape[1])]

    @cached_property
    def distinct_in_all(self) -> int:
        """How many different frames the text has, silence too."""
        return _different(self.frames.flatten(0, 1))


def _size(values: Tensor) -> Tensor:
    """Root mean square (L,) of values (L, D)."""
    return values.double().square().mean(dim=1).sqrt()


def _different(frames: Tensor) -> int:
    return len(torch.unique(frames, dim=0)) if len(frames) else 0


@torch.no_grad()
def send(model: SpikingTextModel, sequence: np.ndarray, seed: int = 0) -> Sent:
    """The frames of one text, those that every engine runs the network on.

    Args:
        model: an SNN
        sequence: ids (L,) or vectors (L, D), as the text stage gives them
        seed: of the draw of a stochastic code, as that of `classifier.logits_by_step`
    """
    ids, lengths = to_batch([sequence], model)
    noise = generator(seed, "noise", 0)
    frames = model.frames(ids, lengths, noise, shared_noise=True).cpu()  # (T, 1, C, L)
    vectors = model.embed(ids).cpu()  # (1, D, L)
    assert isinstance(model.encoder, Encoder)
    # what frames stand for and what is read of them, (1, D, L)
    decoded, read = model.encoder.decoded(frames), model.encoder.read(frames)
    size = len(sequence)
    compared = (part[0].T[:size] for part in (vectors, decoded, read))
    if model.encoder.coding.looks_up:
        compared = (torch.zeros(size, 0) for _ in range(3))
    return Sent(frames[:, 0].transpose(1, 2)[:, :size], *compared)
