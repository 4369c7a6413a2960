"""Models that lie on another device: the same answers, from the engines that run there.

The device is the one of `tests/helpers/away.py`, whose arithmetic is the CPU's.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from snnconvert.benchmarks.shared.peers import model_of, random_vectors
from snnconvert.energy.ann import count_ann
from snnconvert.energy.peers import neuromc_joules, spikesim_joules
from snnconvert.energy.spiking import SpikeTally, spiking_layers
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.engines import make_engine, training_by
from snnconvert.engine.evaluate import snn_outputs
from snnconvert.engine.kinds import ENGINES
from snnconvert.engine.reference import BATCH, ReferenceEngine, ann_logits
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.errors import InputError
from snnconvert.models.batches import by_length, to_batch
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel
from snnconvert.seeds import generator
from snnconvert.tests.helpers.away import device_away
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

TEXTS = [np.array(ids, np.int64) for ids in ([3, 4, 5, 6, 7], [8, 9], [3, 4, 5, 6, 9, 10], [1])]
WORDS = [f"w{i}" for i in range(10)]
LINES = ["w1 w2 w3 w4", "w5 w6 w7", ""]


@pytest.fixture
def away() -> Iterator[torch.device]:
    with device_away() as device:
        yield device


def snn_of(code: str = "saf") -> SpikingTextModel:
    model = model_of(random_vectors(12, 6), Encoder(code), 3, channels=4)
    torch.nn.init.normal_(model.network.node("readout").weight, generator=generator(0, "readout"))
    return model


def ann_of(vectors: int = 12) -> TextModel:
    network = build_textcnn(TextCNNSpec(dim=6, classes=2, channels=4, widths=(2, 3)), 0)
    return TextModel(random_vectors(vectors, 6), network).eval()


def moved(model, device):
    """A copy of ``model`` on ``device``."""
    return copy.deepcopy(model).to(device)


@pytest.mark.parametrize("code", ["saf", "direct", "poisson", "bitplane"])
def test_spikes_logits_and_counts(code: str, away: torch.device) -> None:
    model = snn_of(code)
    far = moved(model, away)
    assert isinstance(make_engine(far), ReferenceEngine)
    for precision in ("exact", "fast"):
        logits, counts = snn_outputs(far, TEXTS, 5, precision=precision)
        want, wanted = snn_outputs(model, TEXTS, 5, engine="reference", precision=precision)
        assert logits.device.type == "cpu" and torch.equal(logits, want) and counts == wanted


def test_an_ann(away: torch.device) -> None:
    model = ann_of()
    assert torch.equal(ann_logits(moved(model, away), TEXTS), ann_logits(model, TEXTS))


@pytest.mark.parametrize("name", ENGINES)
def test_engines_of_the_cpu_say_so(name: str, away: torch.device) -> None:
    model = moved(snn_of(), away)
    if ENGINES[name].devices:
        with pytest.raises(InputError, match=f"{name} cannot run this network: it runs networks o"):
            make_engine(model, name)
    else:
        assert make_engine(model, name).logits(TEXTS).shape == (4, 2)


@pytest.mark.parametrize("backward", ["exact", "rate"])
def test_gradients_of_training(backward: str, away: torch.device) -> None:
    surrogate = Surrogate(backward=backward)
    found = []
    for model in (snn_of(), moved(snn_of(), away)):
        ids, lengths = to_batch(TEXTS, model)
        with surrogate.neurons(model.network):
            outputs = training_by("auto", model, surrogate)(ids, lengths, generator(0, "noise"))
            outputs.square().mean().backward()
        found.append([p.grad.cpu() for p in model.network.parameters()])
    for near, far in zip(*found, strict=True):
        assert torch.linalg.norm(near) > 0
        assert torch.linalg.norm(far - near) <= 1e-5 * torch.linalg.norm(near)


@pytest.mark.parametrize("code", ["", "saf", "poisson"])
def test_a_classifier_and_its_gradients(code: str, away: torch.device) -> None:
    train = Split((" ".join(WORDS), "w1 w2"), (0, 1))
    stage, _ = TextStage.fit(train, "en", "random", dim=6)
    model = snn_of(code) if code else ann_of()
    near, far = (
        ModelClassifier(stage, which, ("no", "yes")) for which in (model, moved(model, away))
    )
    for lines in (LINES, LINES * 40):
        np.testing.assert_allclose(far.probabilities(lines), near.probabilities(lines), atol=1e-6)
    assert (far.votes(LINES, 4) == near.votes(LINES, 4)).all()
    assert torch.equal(far.logits_by_step(LINES), near.logits_by_step(LINES))
    for kind in ("surrogate", "rga", "averaged"):
        gradients = [c.gradient(LINES[0], 1, kind, draws=2) for c in (near, far)]
        assert kind == "rga" or np.abs(gradients[0].gradient).max() > 0
        np.testing.assert_allclose(gradients[1].gradient, gradients[0].gradient, rtol=1e-9)
        gains = [c.first_order(gradients[0], LINES) for c in (near, far)]
        assert (gains[0] == gains[1]).all()


def test_work_for_the_energy(away: torch.device) -> None:
    for near in (snn_of(), snn_of("direct")):
        far, rows = moved(near, away), []
        for model in (near, far):
            order = [i for batch in by_length(TEXTS, BATCH) for i in batch]
            tally = SpikeTally(model, order)
            ReferenceEngine(model, "fast").running_logits(TEXTS, 0, counter=tally)
            layers = spiking_layers(model, tally.gathered(), TEXTS)
            rows.append([layer.row() for layer in layers])
            rows[-1] += [spikesim_joules(model, TEXTS), neuromc_joules(model, TEXTS)]
        assert rows[0] == rows[1]
    near = ann_of()
    counts = [count_ann(model, TEXTS, [[0, 1], [2, 3]]) for model in (near, moved(near, away))]
    assert str(counts[0]) == str(counts[1])
