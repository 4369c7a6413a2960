"""A run in pieces of time is the run: the same draws, spikes and currents, whatever the pieces."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.options import from_options, override, to_options
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.base import neurons_run_by
from snnconvert.models.neurons.integrate_and_fire import IF, IFParameters
from snnconvert.models.nodes.layers import Linear
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.models.text_model import TextModel

CHOICES: dict[str, dict[str, Any]] = {
    "saf": {},
    "poisson": {"encoder": "poisson"},
    "bitplane": {"encoder": "bitplane"},
    "direct": {"encoder": "direct"},
    "silenced": {"srp_steps": 5},
    "silenced poisson": {"srp_steps": 3, "encoder": "poisson"},
    "lif": {"neuron": "lif"},
    "signed": {"neuron": "signed"},
    "burst": {"neuron": "burst", "encoder": "direct"},
    "hard reset": {"reset": "hard"},
    "maximum of spikes": {"pooling": "spikes"},
    "maximum of counts": {"pooling": "counts"},
    "gated maximum": {"pooling": "gated"},
    "maximum of currents": {"pooling": "currents"},
}


def texts() -> list:
    random = torch.Generator().manual_seed(3)
    return [torch.randint(1, 30, (n,), generator=random).numpy() for n in (0, 1, 3, 8, 13)]


def spiking(changes: dict[str, Any], steps: int = 7) -> SpikingTextModel:
    """A small converted model."""
    random = torch.Generator().manual_seed(2)
    vectors = torch.rand(30, 10, generator=random) * 2 - 1
    vectors[0] = 0
    ann = TextModel(vectors, build_textcnn(TextCNNSpec(10, 3, (2, 3), 6), 0)).eval()
    options = override(to_options(ConversionRecipe(steps=steps)), changes)
    return convert_model(ann, from_options(options), texts()).snn


def joined(pieces: list[dict[str, Signal]], name: str) -> Tensor:
    return torch.cat([piece[name].values for piece in pieces])


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("shared", [False, True])
@torch.no_grad()
def test_pieces_of_every_size_are_the_recorded_run(name: str, shared: bool):
    model = spiking(CHOICES[name])
    assert model.in_pieces
    ids, lengths = to_batch(texts())
    whole: dict[str, Signal] = {}
    model(ids, lengths, torch.Generator().manual_seed(1), shared, record=whole)
    for size in (1, 3, 100):
        noise = torch.Generator().manual_seed(1)
        pieces = list(model.pieces(ids, lengths, size, noise, shared))
        assert all(len(piece["input"].values) <= size for piece in pieces)
        for node, signal in whole.items():
            assert torch.equal(joined(pieces, node), signal.values), (size, node)


@settings(max_examples=40)
@given(
    code=st.sampled_from(["saf", "poisson", "bitplane", "direct", "ttfs"]),
    size=st.integers(1, 9),
    seed=st.integers(0, 99),
    mapping=st.sampled_from(["split", "shift"]),
)
def test_frames_in_pieces_are_the_frames(code: str, size: int, seed: int, mapping: str):
    steps = 7
    x = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    lengths = torch.tensor([5, 2, 0])
    encoder = Encoder(code, mapping)
    drawn = [torch.Generator().manual_seed(seed) for _ in range(2)]
    whole = encoder.encode(x, lengths, steps, drawn[0])
    pieces = list(encoder.pieces(x, lengths, steps, size, drawn[1]))
    assert [len(piece) for piece in pieces[:-1]] == [size] * (len(pieces) - 1)
    assert torch.equal(torch.cat(pieces), whole)
    # what is drawn next is the same too
    assert torch.equal(drawn[0].get_state(), drawn[1].get_state())


def test_codes_that_have_no_pieces_of_their_own_say_so():
    assert [name for name in CODES if not CODES[name].in_pieces] == ["ttfs"]


@torch.no_grad()
def test_a_time_to_first_spike_network_runs_whole():
    model = spiking({"neuron": "ttfs", "encoder": "ttfs"})
    ids, lengths = to_batch(texts())
    whole: dict[str, Signal] = {}
    model(ids, lengths, record=whole)
    (piece,) = model.pieces(ids, lengths, 2)
    assert not model.in_pieces
    assert all(torch.equal(piece[name].values, signal.values) for name, signal in whole.items())


def test_what_is_inherited_does_not_speak_for_another_forward():
    """A subclass that changes what a node does may look at other steps, so it is run whole."""

    class Delayed(MaxOfSpikes):
        def forward(self, *inputs: Signal) -> Signal:
            out = super().forward(*inputs)
            return Signal(out.values.roll(1, 0), out.lengths)

    class Said(Delayed):
        timeless = True

    class OwnForward(IF):
        def forward(self, *inputs: Signal) -> Signal:
            return super().forward(*inputs)

    class OwnRun(IFParameters):
        def run(self, currents: Tensor) -> Tensor:
            return currents

    class Changed(IF):
        Parameters = OwnRun

    assert MaxOfSpikes().resumes and IF().resumes and Said().resumes
    assert not (Delayed().resumes or OwnForward().resumes or Changed().resumes)


def test_neurons_that_are_run_by_another_library_run_whole():
    network = Network([("layer", Linear(2, 2), ("input",)), ("fire", IF(), ("layer",))])
    assert network.resumes
    with neurons_run_by(lambda currents, p: p.run(currents)):
        assert not network.resumes


@torch.no_grad()
def test_one_frame_is_convolved_once_however_often_it_comes(monkeypatch: pytest.MonkeyPatch):
    model = spiking({"encoder": "direct"}, steps=12)
    conv = model.network.node("conv2")
    done = []
    convolve = conv.convolve
    monkeypatch.setattr(conv, "convolve", lambda values: done.append(1) or convolve(values))
    for _ in model.pieces(*to_batch(texts()), 1):
        pass
    assert len(done) == 1
