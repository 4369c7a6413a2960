"""Which engine is chosen, that all agree, and that the reason for the reference is said."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from snnconvert.benchmarks.shared.peers import model_of, random_vectors
from snnconvert.engine import engines as choose
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.engines import ENGINES, PRECISIONS, make_engine
from snnconvert.engine.evaluate import evaluate_snn
from snnconvert.engine.incremental.incremental import Incremental
from snnconvert.engine.inference.fast import FastEngine
from snnconvert.engine.reference import ReferenceEngine
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Conv1d, Linear, initialised
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.pipelines.settings import choices
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

TEXTS = [np.array(ids, np.int64) for ids in ([3, 4, 5, 6, 7], [8, 9], [3, 4, 5, 6, 9, 10])]


def model(code: str = "saf") -> SpikingTextModel:
    return model_of(random_vectors(12, 6), Encoder(code), 3, channels=4)


def windowed() -> SpikingTextModel:
    """A network that the fast engines do not know: it pools in windows first."""
    nodes = [
        ("conv", Conv1d(12, 4, 2), ("input",)),
        ("act", IF(), ("conv",)),
        ("pool", MaxOfSpikes(2, 2), ("act",)),
        ("conv2", Conv1d(4, 4, 2), ("pool",)),
        ("act2", IF(), ("conv2",)),
        ("all", MaxOfSpikes(), ("act2",)),
        ("readout", Linear(4, 2), ("all",)),
    ]
    network = initialised(Network(nodes), 0)
    return SpikingTextModel(random_vectors(12, 6), Encoder("saf"), network, 3).eval()


def test_names_on_the_command_line_are_those_here() -> None:
    assert (choices.ENGINES, choices.PRECISIONS) == (ENGINES, PRECISIONS)


@pytest.mark.parametrize("code", ["saf", "direct", "poisson"])
def test_all_engines_give_the_same_figures(code: str) -> None:
    found = [evaluate_snn(model(code), TEXTS, [0, 1, 0], 5, engine=name) for name in ENGINES]
    assert all(figures == found[0] for figures in found)
    assert found[0]["sops_per_sample"] > 0


def test_what_auto_takes() -> None:
    many, few, unknown = (make_engine(model(), texts=n) for n in (1000, 1, None))
    assert isinstance(many, FastEngine) and isinstance(few, FastEngine)
    assert isinstance(unknown, FastEngine)
    assert (many.backend, few.backend, unknown.backend) == ("numba", "torch", "numba")
    torch_engine = make_engine(model(), "torch", texts=1000)
    assert isinstance(torch_engine, FastEngine) and torch_engine.backend == "torch"
    assert isinstance(make_engine(model(), "reference"), ReferenceEngine)


def test_the_reason_for_the_reference_is_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "_said", set())
    with caplog.at_level(logging.INFO, "snnconvert.engine"):
        engines = [make_engine(windowed()) for _ in range(2)]
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == "the reference engine runs this network: pool pools in windows, not over all" + (
        " positions"
    )
    assert all(isinstance(e, ReferenceEngine) and "pool" in e.reason for e in engines)
    assert engines[0].running_logits(TEXTS).shape == (3, 3, 2)


def test_an_engine_asked_for_by_name_must_be_able() -> None:
    with pytest.raises(InputError, match="fast cannot run this network.*choose auto or reference"):
        make_engine(windowed(), "fast")
    with pytest.raises(InputError, match="expected the engine to be auto, fast"):
        make_engine(model(), "quick")
    with pytest.raises(InputError, match="expected the precision to be exact, fast"):
        make_engine(model(), precision="double")


def test_a_classifier_keeps_its_engine() -> None:
    words = [f"w{i}" for i in range(10)]
    train = Split((" ".join(words), "w1 w2"), (0, 1))
    stage, _ = TextStage.fit(train, "en", "random", dim=6)
    vectors = random_vectors(len(stage.vocabulary), 6)
    snn = model_of(vectors, Encoder("saf"), 3, channels=4)
    classifier = ModelClassifier(stage, snn, ("no", "yes"))
    first = classifier.probabilities(["w1 w2 w3 w4", "w5 w6 w7"])
    engine = classifier.engine()
    again = classifier.probabilities(["w1 w2 w3 w4"])
    assert classifier.engine() is engine
    np.testing.assert_allclose(again, first[:1], atol=1e-12)
    many = classifier.probabilities(["w1 w2 w3 w4"] * 100)  # now compiled kernels pay
    later = classifier.engine()
    assert later is not engine and isinstance(later, Incremental)
    assert later.engine.backend == "numba"
    np.testing.assert_allclose(many[:1], first[:1], atol=1e-7)
    other = ModelClassifier(stage, snn, ("no", "yes"), engine="reference")
    np.testing.assert_allclose(other.probabilities(["w1 w2 w3 w4"]), again, atol=1e-7)
    assert torch.equal(
        other.logits_by_step(["w5 w6 w7 w8 w9"]), classifier.logits_by_step(["w5 w6 w7 w8 w9"])
    )


def test_a_texts_logits_do_not_depend_on_the_texts_beside_it() -> None:
    vectors = random_vectors(40, 6)
    draw = np.random.default_rng(3)
    texts = [draw.integers(1, 40, n) for n in (4, 9, 4, 12, 1, 7)]
    for pooling in ("spikes", "mean"):
        snn = model_of(vectors, Encoder("saf"), 5, channels=7)
        readout = snn.network.node("readout")
        with torch.no_grad():
            readout.weight.normal_(generator=torch.Generator().manual_seed(1))
        if pooling == "mean":
            nodes = [
                (
                    name,
                    MeanOverTime() if name.startswith("pool") else snn.network.node(name),
                    inputs,
                )
                for name, inputs in snn.network.inputs.items()
            ]
            snn.network = Network(nodes)
        for name in ("auto", "torch", "reference"):
            engine = make_engine(snn, name)
            together = engine.running_logits(texts)
            for i, text in enumerate(texts):
                assert torch.equal(engine.running_logits([text])[:, 0], together[:, i])
                assert torch.equal(engine.logits([text])[0], engine.logits(texts)[i])
