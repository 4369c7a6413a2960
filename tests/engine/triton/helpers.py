"""Small networks and batches for the tests of the GPU kernels."""

import os

import torch

from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes import POOLING_RULES

DEVICE = "cpu" if os.environ.get("TRITON_INTERPRET") == "1" else "cuda"
# by default PyTorch rounds the inputs of convolutions on a GPU to 11 bits
torch.backends.cudnn.allow_tf32 = False
WORDS, DIM, CHANNELS = 5, 3, 3


def model_of(rule, code="saf", mapping="split", soft=True, steps=3, branches=((2, (1, 0)),)):
    """A small network with random weights on a grid, one V(0) for each channel."""
    draw = torch.Generator().manual_seed(7)
    encoder = Encoder(code, mapping)
    vectors = torch.rand(WORDS, DIM, generator=draw) * 2 - 1
    vectors[0] = 0
    nodes = []
    for width, padding in branches:
        conv = Conv1d(encoder.channels(DIM), CHANNELS, width, padding)
        conv.weight.data = torch.randn(conv.weight.shape, generator=draw) * 0.7
        conv.bias.data = torch.randn(CHANNELS, generator=draw) * 0.3
        neurons = IF([0.1, 0.5, 0.9], soft)
        pool = MeanOverTime() if rule == "mean" else POOLING_RULES[rule]()
        first, second = (pool, neurons) if rule == "currents" else (neurons, pool)
        names = [f"{part}{width}" for part in ("conv", "first", "second")]
        nodes += [
            (names[0], conv, ("input",)),
            (names[1], first, (names[0],)),
            (names[2], second, (names[1],)),
        ]
    features = CHANNELS * len(branches)
    readout = Linear(features, 2)
    readout.weight.data = torch.randn(2, features, generator=draw)
    nodes.append(("concat", Concat(), tuple(f"second{width}" for width, _ in branches)))
    nodes.append(("readout", readout, ("concat",)))
    return SpikingTextModel(vectors, encoder, Network(nodes), steps)


# two tiles of windows in the first text, fewer words than the filter in the second
LONG = torch.tensor([[1, 2, 3, 4, 1, 2, 4, 4, 3, 1, 2, 3, 4, 2, 2, 1, 3, 1], [3] + [0] * 17])
SHORT = torch.tensor([[1, 2, 3, 2], [0, 0, 0, 0], [4, 4, 0, 0]])


def batch(ids):
    """Ids and lengths on the device."""
    return ids.to(DEVICE), (ids > 0).sum(dim=1).to(DEVICE)


def noise():
    return torch.Generator().manual_seed(3)
