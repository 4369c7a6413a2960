"""An input code that a user adds at run time: all that a code of the package can do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from snnconvert import TextClassifier
from snnconvert.energy.encoding import encoder_layer
from snnconvert.engine.engines import make_engine
from snnconvert.errors import InputError
from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.code import Code
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.journey import command, journey, results

STEPS = 6


class Early(Code):
    """round(T x) spikes, all of them at the first steps."""

    prefix = False

    def encode(
        self, x: Tensor, steps: int, generator: torch.Generator | None, shared: bool
    ) -> Tensor:
        counts = (x * steps).round()
        return torch.stack([(counts > t).to(x.dtype) for t in range(steps)])


class Loud(Code):
    """A stochastic code of its own: twice the value at every other step, drawn."""

    stochastic = True

    def encode(
        self, x: Tensor, steps: int, generator: torch.Generator | None, shared: bool
    ) -> Tensor:
        size = (x.shape[2], steps, 1, x.shape[1]) if shared else (x.shape[2], steps, *x.shape[:2])
        draws = torch.rand(size, generator=generator).permute(1, 2, 3, 0)  # (T, B or 1, C, L)
        often = torch.tensor([2.0, 0.0]).repeat(steps)[:steps].reshape(-1, 1, 1, 1)
        return (draws < x * often).to(x.dtype)


@pytest.fixture(params=[Early, Loud], ids=["deterministic", "stochastic"])
def code(request: pytest.FixtureRequest):
    yield CODES.add("mine", request.param())
    CODES.remove("mine")


@pytest.fixture
def run(code: Code, tmp_path: Path) -> Path:
    """A run that was trained, converted with the code, swept, priced and reported."""
    sweep = ("--sweep.encoders", "saf,mine", "--sweep.steps", "2,3", "--sweep.methods", "default")
    convert = ("--encoder", "mine", "--steps", str(STEPS))
    found = journey(tmp_path / "run", convert=convert, sweep=sweep)
    assert "mine" in found["html"]
    return tmp_path / "run"


def test_every_command_takes_it(run: Path, code: Code, capsys: pytest.CaptureFixture[str]) -> None:
    found = results(run)
    assert found["snn"]["recipe"]["encoder"] == "mine"
    rows = json.loads((run / "snn" / "sweep.json").read_text("utf-8"))["rows"]
    assert {row["encoder"] for row in rows} == {"saf", "mine"}
    assert (run / "snn" / "sweep.png").is_file()
    energy = [row for row in found["energy"]["rows"] if row["victim"] == "snn"]
    priced = [row["joules_per_sentence"] for row in energy if row["model"] == "compute-fp32"]
    assert priced and all(priced)
    assert main(["evaluate", str(run), "--model", "snn", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == found["snn"]["test_accuracy"]
    victims = f"ann,snn,snn@mine:{STEPS}"
    attack = (
        "--examples",
        "3",
        "--query-budget",
        "20",
        "--verify-draws",
        "3",
        "--controls",
        "victims",
    )
    command("attack", str(run), "--presets", "deepwordbug", "--victims", victims, *attack)
    assert {row["victim"] for row in results(run)["attack"]["rows"]} >= set(victims.split(","))


def test_every_engine_gives_its_spikes(run: Path, code: Code) -> None:
    classifier = TextClassifier.load(run, "snn")
    texts = ["good food", "the waiter was rude and the soup was cold", "a fine place", "bad"]
    sequences = classifier.stage.encode(texts)
    model = classifier.model
    fast, reference = make_engine(model, "auto"), make_engine(model, "reference")
    assert type(fast).__name__ == "FastEngine"
    for shared in (False, True):
        assert torch.equal(
            fast.running_logits(sequences, 3, shared),
            reference.running_logits(sequences, 3, shared),
        )
    alone = torch.stack([classifier.logits_by_step([text])[-1, 0] for text in texts])
    assert torch.equal(
        alone, classifier.logits_by_step(texts)[-1]
    )  # many of a kind, as attacks ask


def test_its_work_is_not_nothing(run: Path, code: Code) -> None:
    classifier = TextClassifier.load(run, "snn")
    sequences = classifier.stage.encode(["good food and a kind waiter"])
    layer = encoder_layer(classifier.model, sequences, torch.tensor([STEPS]).numpy(), 20)
    values = classifier.model.embedding.weight[sequences[0]].count_nonzero()
    assert float(layer.get("encode_adds")[0]) == STEPS * int(values)


def test_without_it_a_saved_model_says_what_is_missing(run: Path, code: Code, capsys) -> None:
    member = CODES["mine"]
    CODES.remove("mine")
    try:
        assert main(["predict", str(run), "good", "--model", "snn"]) == 2
    finally:
        CODES.add("mine", member)
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "'mine'" in said and "bitplane" in said


def test_names_that_are_taken() -> None:
    with pytest.raises(InputError, match="expected a new name for the encoder"):
        CODES.add("saf", Early())
