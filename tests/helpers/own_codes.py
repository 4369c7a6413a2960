"""Small networks behind any input code, and a code that cannot run for every number of steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from snnconvert.errors import InputError
from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.code import Code
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Conv1d, Linear, initialised
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfCounts

STEPS, WORDS, DIM = 6, 11, 5


class OddSteps(Code):
    """The first steps spike, as many as the value says; T must be odd."""

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        counts = (values * steps).round()
        return torch.stack([(counts > t).to(values.dtype) for t in range(steps)])

    def check_steps(self, steps: int) -> None:
        super().check_steps(steps)
        if steps % 2 == 0:
            raise InputError(f"expected 1, 3, 5 ... steps for the code odd, but got {steps}")


@contextmanager
def odd_code() -> Iterator[str]:
    """Inside the block the code is there; its name."""
    CODES.add("odd", OddSteps())
    try:
        yield "odd"
    finally:
        CODES.remove("odd")


def model_of(encoder: Encoder, converted: bool = True) -> SpikingTextModel:
    """A small network; weights of a converted one are those of vectors, folded."""
    random = torch.Generator().manual_seed(4)
    conv = Conv1d(encoder.channels(DIM), 7, 2, 1)
    nodes = [
        ("conv", conv, ("input",)),
        ("fire", IF(0.5), ("conv",)),
        ("pool", MaxOfCounts(), ("fire",)),
        ("out", Linear(7, 2), ("pool",)),
    ]
    network = initialised(Network(nodes), 1)
    if converted:
        conv.weight.data = encoder.fold(torch.randn(7, DIM, 2, generator=random), STEPS)
    vectors = torch.rand(WORDS, DIM, generator=random) * 2 - 1
    vectors[0] = 0
    return SpikingTextModel(vectors, encoder, network, STEPS).eval()


SEQUENCES = [np.array(ids, np.int64) for ids in ([1, 2, 3, 2], [4], [5, 1, 0, 9, 10, 1, 1], [])]
