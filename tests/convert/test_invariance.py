"""What spikes do not depend on: batch, order, padding; and what commutes with time."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.convert.build import build_snn
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.dpcnn import DPCNNSpec, build_dpcnn
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.base import Neurons
from snnconvert.models.neurons.spec import NeuronSpec
from snnconvert.models.nodes.activations import Activation
from snnconvert.models.nodes.layers import Linear, initialise
from snnconvert.models.nodes.pooling import AvgPool1d, MeanOverTime
from snnconvert.models.snn import running_logits
from snnconvert.tests.helpers.conversion import filled, vectors

DIM = 4
LENGTHS = torch.tensor([12, 7, 3, 1])
Nodes = list[tuple[str, Node, tuple[str, ...]]]


def texts(seed: int = 0, lengths: Tensor = LENGTHS) -> Tensor:
    return vectors(DIM, lengths, seed)


def dpcnn(seed: int = 0, **changes) -> Network:
    spec = {"channels": 5, "blocks": 3, "activation": "relu"} | changes
    return filled(build_dpcnn(DPCNNSpec(DIM, 3, **spec), seed), seed)


def dyadic(network: Network, seed: int) -> Network:
    """Weights in multiples of 1/16, so that sums of them are exact in any order."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.double().parameters():
            whole = torch.randint(-12, 13, parameter.shape, generator=random)
            parameter.copy_(whole.double() / 16)
    return network.eval()


@settings(max_examples=30)
@given(
    seed=st.integers(0, 1000),
    lengths=st.lists(st.integers(0, 11), min_size=2, max_size=5),
    extra=st.integers(0, 6),
    code=st.sampled_from(["saf", "bitplane", "direct"]),
    rule=st.sampled_from(["spikes", "currents", "counts", "gated"]),
    kind=st.sampled_from(["if", "signed", "burst"]),
    data=st.data(),
)
def test_spikes_do_not_depend_on_batch_order_or_padding(
    seed, lengths, extra, code, rule, kind, data
):
    spec = DPCNNSpec(DIM, 3, 4, activation="relu", batch_norm=False, kernel=2)
    ann = dyadic(build_dpcnn(spec), seed)
    thresholds = {
        name: torch.tensor([2.0 ** (i % 3)])
        for i, name in enumerate(n for n in ann.inputs if isinstance(ann.node(n), Activation))
    }
    encoder = Encoder(code, "none" if code == "direct" else "split")
    neuron = NeuronSpec(kind, burst=2 if kind == "burst" else 1)
    recipe = ConversionRecipe(3, encoder, pooling=rule, neuron=neuron, allow_inexact=True)
    snn, _ = build_snn(ann, recipe, thresholds)
    random = torch.Generator().manual_seed(seed)
    width = max([*lengths, 1])
    x = torch.randint(-16, 17, (len(lengths), DIM, width), generator=random).double() / 16
    x = Signal(x, torch.tensor(lengths)).masked()

    def trains(order: list[int], padding: int) -> dict[str, Tensor]:
        chosen = torch.nn.functional.pad(x[order], (0, padding))
        sizes = torch.tensor(lengths)[order]
        record: dict[str, Signal] = {}
        with torch.no_grad():
            snn(Signal(encoder.encode(chosen, sizes, 3), sizes), record)
        return {n: s.values for n, s in record.items() if n != "input" and is_neuron(snn, n)}

    whole = trains(list(range(len(lengths))), 0)
    order = data.draw(st.permutations(range(len(lengths))))
    mixed = trains(order, extra)
    for name, spikes in whole.items():
        for place, text in enumerate(order):
            a, b = spikes[:, text], mixed[name][:, place]
            if a.dim() == 3:
                shared = min(a.shape[-1], b.shape[-1])
                assert not a[..., shared:].any() and not b[..., shared:].any()
                a, b = a[..., :shared], b[..., :shared]
            assert torch.equal(a, b)
    for text in range(len(lengths)):  # alone
        for name, spikes in trains([text], 0).items():
            assert torch.equal(spikes[:, 0], whole[name][:, text])


def is_neuron(snn: Network, name: str) -> bool:
    return isinstance(snn.node(name), Neurons)


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), steps=st.integers(1, 8))
def test_average_pooling_and_readout_commute_with_time(seed: int, steps: int):
    """Pooling and reading out every step, then the mean over time, or the other way round."""
    random = torch.Generator().manual_seed(seed)
    spikes = (torch.rand(steps, 3, 4, 9, generator=random) < 0.5).double()
    lengths = torch.tensor([9, 5, 1])
    readout = Linear(4, 2).double()
    initialise(readout.weight, random)
    signal, mean = Signal(spikes, lengths), Signal(spikes.mean(0), lengths)
    with torch.no_grad():
        for pool in (MeanOverTime(), AvgPool1d(3, 2)):
            each, once = pool(signal), pool(mean)
            torch.testing.assert_close(each.values.mean(0), once.values)
            over = (lambda s: s) if isinstance(pool, MeanOverTime) else MeanOverTime()
            a, b = readout(over(each)).values, readout(over(once)).values
            torch.testing.assert_close(running_logits(a)[-1], b)
