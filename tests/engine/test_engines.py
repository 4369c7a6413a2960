"""Which engine is chosen, that all agree, that reasons are said, and an engine of the user's."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from snnconvert.benchmarks.shared.peers import model_of, random_vectors
from snnconvert.engine import kinds
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.engines import ann_by, make_engine, training_by
from snnconvert.engine.evaluate import evaluate_snn
from snnconvert.engine.incremental.incremental import Incremental
from snnconvert.engine.inference.fast import FastEngine
from snnconvert.engine.kinds import ENGINES, PRECISIONS, auto
from snnconvert.engine.kinds.kind import EngineKind, NodeTraining, Request
from snnconvert.engine.plan import Unsupported
from snnconvert.engine.reference import ReferenceEngine
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Conv1d, Linear, initialised
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.settings.engine import EngineSettings
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


@pytest.fixture
def unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """No reason has been logged yet."""
    monkeypatch.setattr(auto, "_said", set())


def test_names_on_the_command_line_are_those_of_the_registry() -> None:
    found = {field.name: field.metadata["choices"] for field in fields(EngineSettings)}
    assert found["engine"] is ENGINES and tuple(found["precision"]) == PRECISIONS


@pytest.mark.parametrize("name", ENGINES)
def test_every_name_has_its_file_and_answers(name: str) -> None:
    folder = Path(kinds.__file__).parent
    assert (folder / f"{name}.py").is_file()
    kind = ENGINES[name]
    assert isinstance(kind, EngineKind) and isinstance(kind.speed(None), float)
    assert kind.refuses(model(), "exact") is None or name == "gpu"  # triton may be missing
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "kind"}
    assert files == set(ENGINES)


@pytest.mark.parametrize("code", ["saf", "direct", "poisson"])
def test_all_engines_give_the_same_figures(code: str) -> None:
    names = [name for name in ENGINES if ENGINES[name].runs_on(torch.device("cpu"))]
    assert names == ["auto", "fast", "torch", "reference"]
    found = [evaluate_snn(model(code), TEXTS, [0, 1, 0], 5, engine=name) for name in names]
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
    caplog: pytest.LogCaptureFixture, unsaid: None
) -> None:
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
    with pytest.raises(InputError, match="expected the engine to be of auto, fast"):
        make_engine(model(), "quick")
    with pytest.raises(InputError, match="expected the precision to be exact, fast"):
        make_engine(model(), precision="double")


def test_an_engine_of_another_device_says_where_it_runs() -> None:
    expected = r"gpu cannot run this network: it runs networks on the device cuda.*--device cuda\)"
    for ask in (
        lambda: make_engine(model(), "gpu"),
        lambda: ann_by("gpu", TextModel(random_vectors(12, 6), windowed().network)),
    ):
        with pytest.raises(InputError, match=expected):
            ask()
    with pytest.raises(InputError, match="gpu cannot fine-tune this network: it runs networks on"):
        training_by("gpu", model(), Surrogate())


class Doubled(ReferenceEngine):
    """Runs the network in double precision."""

    def __init__(self, given: SpikingTextModel, reason: str = "") -> None:
        super().__init__(copy.deepcopy(given).double(), "fast", reason)

    def currents(
        self,
        ids: Tensor,
        lengths: Tensor,
        noise: torch.Generator,
        shared_noise: bool,
        record: dict[str, Signal] | None = None,
    ) -> Tensor:
        return super().currents(ids, lengths, noise, shared_noise, record).float()


class Double(EngineKind):
    """The kind of `Doubled`; it is the fastest where ``quick``, and runs no long codes."""

    def __init__(self, quick: float = 0.0) -> None:
        self.quick = quick

    def speed(self, texts: int | None) -> float:
        return self.quick

    def refuses(self, given: SpikingTextModel, precision: str) -> Unsupported | None:
        return Unsupported("it takes at most 3 steps") if given.steps > 3 else None

    def make(self, given: SpikingTextModel, request: Request) -> Doubled:
        return Doubled(given, request.reason)


@pytest.fixture
def double() -> Iterator[Double]:
    yield ENGINES.add("double", Double())
    ENGINES.remove("double")


def test_an_engine_of_the_users_runs_counts_and_is_a_choice(double: Double) -> None:
    assert EngineSettings(engine="double").choice() == {"engine": "double", "precision": "exact"}
    snn = model("poisson")
    found = evaluate_snn(snn, TEXTS, [0, 1, 0], 5, engine="double", precision="fast")
    assert found == evaluate_snn(snn, TEXTS, [0, 1, 0], 5, engine="reference", precision="fast")
    _, classifier = _classifier("double")
    assert isinstance(classifier.engine(), Doubled) and len(classifier.predict(["w1 w2"])) == 1
    assert isinstance(training_by("double", snn, Surrogate()), NodeTraining)
    with pytest.raises(InputError, match="double cannot run this network: it takes at most 3"):
        make_engine(model_of(random_vectors(12, 6), Encoder("saf"), 4, channels=4), "double")
    with pytest.raises(InputError, match="expected a new name for the engine, but got 'double'"):
        ENGINES.add("double", double)


def test_auto_takes_an_engine_of_the_users_only_where_it_is_fast_and_able(
    double: Double, caplog: pytest.LogCaptureFixture, unsaid: None
) -> None:
    assert isinstance(make_engine(model()), FastEngine)
    double.quick = 50.0
    assert isinstance(make_engine(model()), Doubled)
    with caplog.at_level(logging.INFO, "snnconvert.engine"):
        longer = model_of(random_vectors(12, 6), Encoder("saf"), 4, channels=4)
        assert isinstance(make_engine(longer), FastEngine)
    line = "the fast engine runs this network: it takes at most 3 steps"
    assert [record.getMessage() for record in caplog.records] == [line]


def _classifier(engine: str = "auto") -> tuple[TextStage, ModelClassifier]:
    """A classifier of a network with random weights."""
    words = [f"w{i}" for i in range(10)]
    train = Split((" ".join(words), "w1 w2"), (0, 1))
    stage, _ = TextStage.fit(train, "en", "random", dim=6)
    vectors = random_vectors(len(stage.vocabulary), 6)
    snn = model_of(vectors, Encoder("saf"), 3, channels=4)
    return stage, ModelClassifier(stage, snn, ("no", "yes"), engine=engine)


def test_a_classifier_keeps_its_engine() -> None:
    stage, classifier = _classifier()
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
    other = ModelClassifier(stage, classifier.model, ("no", "yes"), engine="reference")
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
