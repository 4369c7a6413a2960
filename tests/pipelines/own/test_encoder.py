"""An input code that a user adds at run time: all that a code of the package can do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from snnconvert import TextClassifier
from snnconvert.attacks.statistics.compare import controls_of
from snnconvert.energy.encoding import encoder_layer
from snnconvert.engine.engines import make_engine
from snnconvert.errors import InputError
from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.code import Code
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.journey import command, journey, results

STEPS = 6
VICTIMS = ("ann", "snn", f"snn@mine:{STEPS}")
ATTACK = ("--examples", "3", "--query-budget", "20", "--verify-draws", "3", "--controls", "victims")


class Early(Code):
    """round(T x) spikes, all of them at the first steps."""

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        counts = (values * steps).round()
        return torch.stack([(counts > t).to(values.dtype) for t in range(steps)])


class Loud(Code):
    """A stochastic code of its own: twice the value at every other step, drawn."""

    stochastic = True

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        texts, channels, positions = values.shape
        size = (positions, steps, 1 if shared_noise else texts, channels)
        draws = torch.rand(size, generator=generator).permute(1, 2, 3, 0)  # (T, B or 1, C, L)
        often = torch.tensor([2.0, 0.0]).repeat(steps)[:steps].reshape(-1, 1, 1, 1)
        return (draws < values * often).to(values.dtype)


@pytest.fixture(scope="module", params=[Early, Loud], ids=["deterministic", "stochastic"])
def code(request: pytest.FixtureRequest) -> Iterator[Code]:
    yield CODES.add("mine", request.param())
    CODES.remove("mine")


@pytest.fixture(scope="module")
def run(code: Code, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was trained, converted with the code, swept, priced and reported."""
    out = tmp_path_factory.mktemp("runs") / "run"
    sweep = ("--sweep.encoders", "saf,mine", "--sweep.steps", "2,3", "--sweep.methods", "default")
    found = journey(out, convert=("--encoder", "mine", "--steps", str(STEPS)), sweep=sweep)
    assert "mine" in found["html"]
    return out


def test_every_command_takes_it(run: Path, code: Code, capsys: pytest.CaptureFixture[str]) -> None:
    found = results(run)
    assert found["snn"]["recipe"]["encoder"] == "mine"
    rows = json.loads((run / "snn" / "sweep.json").read_text("utf-8"))["rows"]
    assert {(row["encoder"], row["steps"]) for row in rows} == {
        (name, t) for name in ("saf", "mine") for t in (2, 3)
    }
    assert (run / "snn" / "sweep.png").is_file()
    energy = [row for row in found["energy"]["rows"] if row["victim"] == "snn"]
    priced = [row["joules_per_sentence"] for row in energy if row["model"] == "compute-fp32"]
    assert priced and all(priced)
    assert main(["evaluate", str(run), "--model", "snn", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == found["snn"]["test_accuracy"]
    command("finetune", str(run), "--epochs", "1", "--tensorboard", "false")
    assert results(run)["finetuned"]["latency_steps"] == STEPS


def test_it_is_attacked(run: Path, code: Code) -> None:
    words = ("attack", str(run), "--presets", "deepwordbug", *ATTACK)
    command(*words, "--victims", ",".join(VICTIMS))
    attack = results(run)["attack"]
    rows = {row["victim"]: row for row in attack["rows"]}
    assert set(rows) >= set(VICTIMS)
    # what a random code is compared with: the same SNN without noise, and an ANN with it
    quiet = {"snn+deterministic", f"snn@saf:{STEPS}"}
    noisy = {"ann+noise", f"ann+noise@mine:{STEPS}"}
    assert (quiet | noisy <= set(rows)) == code.stochastic
    named = {name: (row["base"], row["control"] or "") for name, row in rows.items()}
    own = controls_of(VICTIMS[-1], named)
    assert "snn" not in own and (f"snn@saf:{STEPS}" in own) == code.stochastic


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
    together = classifier.logits_by_step(texts)[-1]  # many of a kind, as attacks ask
    assert torch.equal(alone, together)


def test_its_work_is_not_nothing(run: Path, code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = TextClassifier.load(run, "snn")
    sequences = classifier.stage.encode(["good food and a kind waiter"])
    layer = encoder_layer(classifier.model, sequences, np.array([STEPS]), 20)
    work = STEPS * int(classifier.model.embedding.weight[sequences[0]].count_nonzero())
    assert float(layer.get("encode_adds")[0]) == work
    assert float(np.sum(layer.get("encode_draws"))) == (work if code.stochastic else 0)
    monkeypatch.setattr(type(code), "work", lambda *_: {"additions": 1.0})
    with pytest.raises(InputError, match="the work of the code mine .* but it counts 'additions'"):
        encoder_layer(classifier.model, sequences, np.array([STEPS]), 20)


def test_without_it_a_saved_model_says_what_is_missing(run: Path, code: Code, capsys) -> None:
    CODES.remove("mine")
    try:
        assert main(["predict", str(run), "good", "--model", "snn"]) == 2
    finally:
        CODES.add("mine", code)
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "'mine'" in said and "bitplane" in said
    assert "where it is of your own, import what adds it first" in said
    assert main(["predict", str(run), "good", "--model", "snn"]) == 0


def test_names_that_are_taken() -> None:
    with pytest.raises(InputError, match="expected a new name for the encoder"):
        CODES.add("saf", Early())
