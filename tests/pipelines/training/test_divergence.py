"""A training that diverges: one line with the remedy, and a run folder that goes on."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from snnconvert.files import load_tensors
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.training.checkpoint import read_checkpoint
from snnconvert.pipelines.training.divergence import DivergenceError, Watch
from snnconvert.tests.helpers.chance import trouble
from snnconvert.tests.helpers.stopping import stop_before

pytestmark = pytest.mark.usefixtures("one_thread")

DATA = ["--limit", "60", "--dim", "8", "--max-length", "20", "--vectors", "random"]
TRAIN = ["--channels", "6", "--epochs", "2", "--tensorboard", "false"]
TUNE = ["--epochs", "2", "--batch-size", "16", "--tensorboard", "false"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A run with ANN and SNN, not fine-tuned."""
    path = tmp_path / "run"
    shutil.copytree(tiny_run, path)
    shutil.rmtree(path / "finetuned")
    results = json.loads((path / "results.json").read_text("utf-8"))
    del results["finetuned"]
    (path / "results.json").write_text(json.dumps(results), "utf-8")
    config = (path / "config.yaml").read_text("utf-8")
    head, _, rest = config.partition("finetuned:\n")
    tail = "versions:" + rest.partition("versions:")[2] if "versions:" in rest else ""
    (path / "config.yaml").write_text(head + tail, "utf-8")
    return path


def content(run: Path) -> dict[str, bytes]:
    """Every file of the models that are there."""
    found = (p for name in ("text", "ann", "snn") for p in (run / name).rglob("*") if p.is_file())
    return {str(p.relative_to(run)): p.read_bytes() for p in found}


def assert_one_line(said: str, name: str, lr: str) -> None:
    lines = [line for line in said.splitlines() if line]
    assert len(lines) == 1 and lines[0].startswith(f"snnconvert: {name} diverged: ")
    assert f"give a lower learning rate than --lr {lr}" in lines[0]
    assert "RuntimeError" not in lines[0] and "--debug" not in lines[0]


@pytest.mark.parametrize("lr", ["1e5", "1e20", "1e38"])
@pytest.mark.parametrize("backward", ["exact", "rate"])
@pytest.mark.parametrize("engine", ["auto", "torch", "reference"])
def test_finetune(lr: str, backward: str, engine: str, run: Path, capsys: Capture) -> None:
    before = content(run)
    words = ["finetune", str(run), *TUNE, "--backward", backward, "--engine", engine]
    assert main([*words, "--lr", lr]) == 1
    assert_one_line(trouble(capsys.readouterr().err), "finetune", f"{float(lr):g}")
    assert content(run) == before
    assert not list(run.rglob("*.checkpoint.safetensors"))
    assert main([*words, "--lr", "1e-3"]) == 0  # without --force: nothing was made
    assert main(["evaluate", str(run)]) == 0


@pytest.mark.parametrize("lr", ["1e5", "1e30"])
def test_finetune_with_one_step_an_epoch(lr: str, run: Path, capsys: Capture) -> None:
    """The parameters are out of bounds when dev is scored, before a second loss is seen."""
    words = ["finetune", str(run), *TUNE, "--batch-size", "1000", "--epochs", "1", "--lr", lr]
    assert main(words) == 1
    assert_one_line(trouble(capsys.readouterr().err), "finetune", f"{float(lr):g}")


@pytest.mark.parametrize("activation", ["qcfs", "relu", "tcl"])
@pytest.mark.parametrize("model", ["textcnn", "dpcnn"])
def test_train(activation: str, model: str, tmp_path: Path, capsys: Capture) -> None:
    words = ["train", "--out", str(tmp_path / "run"), *DATA, *TRAIN, "--batch-size", "8"]
    words += ["--activation", activation, "--model", model, "--train-vectors", "true"]
    assert main([*words, "--lr", "1e8"]) == 1
    assert_one_line(trouble(capsys.readouterr().err), "train", "1e+08")
    assert list(json.loads((tmp_path / "run/results.json").read_text("utf-8"))) == ["data"]
    assert main([*words, "--lr", "1e-3"]) == 0
    assert main(["evaluate", str(tmp_path / "run")]) == 0


@pytest.mark.long
def test_adversarial_finetuning(tmp_path: Path, capsys: Capture, textattack: Any) -> None:
    run = tmp_path / "run"
    learns = ["--limit", "200", "--dim", "16", "--max-length", "24", "--vectors", "random"]
    learns += ["--widths", "2,3", "--channels", "12", "--train-vectors", "true", "--lr", "0.01"]
    learns += ["--epochs", "8", "--patience", "8", "--batch-size", "16", "--tensorboard", "false"]
    assert main(["train", "--out", str(run), *learns]) == 0
    assert main(["convert", str(run), "--steps", "3"]) == 0
    before = content(run)
    words = ["finetune", str(run), *TUNE, "--adversarial", "deepwordbug"]
    words += ["--adversarial-rounds", "1", "--adversarial-texts", "24"]
    words += ["--adversarial-dev-texts", "6"]
    for model in ("ann", "snn"):
        made = [*words, "--model", model]
        assert main([*made, "--lr", "1e8"]) == 1
        assert_one_line(trouble(capsys.readouterr().err), "finetune", "1e+08")
        assert content(run) == before and not (run / f"{model}-adversarial").exists()
        assert main([*made, "--lr", "1e-3"]) == 0
        assert main(["evaluate", str(run), "--model", f"{model}-adversarial"]) == 0


def test_a_resumed_training_remembers_where_the_loss_began(
    run: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["finetune", str(run), *TUNE, "--lr", "1e3"]
    stop_before(monkeypatch, 1)
    assert main(words) == 130
    _, state = read_checkpoint(run / "finetuned" / "finetune.checkpoint.safetensors", stamp(run))
    assert 0 < state.first_loss < 10
    capsys.readouterr()
    assert main(words) == 1
    assert f"grew from {state.first_loss:.3g} to" in trouble(capsys.readouterr().err)


def stamp(run: Path) -> str:
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    folder = RunFolder(run)
    return folder.stamp("finetuned", folder.config()["finetuned"])


def test_a_loss_that_only_grew_is_said_and_the_start_is_kept(run: Path, capsys: Capture) -> None:
    assert main(["finetune", str(run), *TUNE, "--lr", "30", "--quiet"]) == 0
    said = trouble(capsys.readouterr().err)
    assert said.count("\n") == 1
    assert "the loss of finetune grew from" in said and "the learning rate 30 is too large" in said
    figures = json.loads((run / "results.json").read_text("utf-8"))
    if figures["finetuned"]["best_epoch"] == 0:
        assert "the model is as it was before" in said
        assert figures["finetuned"]["test_accuracy"] == figures["snn"]["test_accuracy"]
        made, start = (
            load_tensors(run / name / "weights.safetensors") for name in ("finetuned", "snn")
        )
        assert all(torch.equal(made[name], start[name]) for name in start)
    assert main(["finetune", str(run), *TUNE, "--lr", "1e-3"]) == 2  # it is done: with --force
    capsys.readouterr()
    assert main(["finetune", str(run), *TUNE, "--lr", "1e-3", "--force"]) == 0
    assert "grew" not in trouble(capsys.readouterr().err)


def watch(value: float = 0.5) -> Watch:
    model = nn.Linear(2, 2)
    nn.init.constant_(model.weight, value)
    return Watch("train", model, 0.1)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1.1e4, 3e38])
def test_losses_that_are_divergence(value: float) -> None:
    with pytest.raises(DivergenceError, match=r"train diverged: .* at step 3; .* --lr 0.1"):
        watch().loss(value, 0.7, "at step 3")


def test_losses_that_are_not() -> None:
    for value, first in ((0.0, 0.7), (9e3, 0.7), (9e3, 1e-9), (5e5, 60.0)):
        watch().loss(value, first, "at step 3")


def fail() -> None:
    raise RuntimeError("of an engine")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, RuntimeError),
        (-20.0, RuntimeError),
        (1e5, DivergenceError),
        (-1e5, DivergenceError),
        (math.nan, DivergenceError),
        (math.inf, DivergenceError),
    ],
)
def test_errors_are_divergence_where_parameters_are_out_of_bounds(
    value: float, expected: type[Exception]
) -> None:
    """Another error stays what it is."""
    with pytest.raises(expected), watch(value).errors():
        fail()
    with pytest.raises(KeyboardInterrupt), watch(value).errors():
        raise KeyboardInterrupt


def test_nan_in_a_parameter_that_no_loss_shows() -> None:
    """A neuron that compares NaN with its threshold never spikes: the loss stays finite."""
    watch().parameters()
    with pytest.raises(DivergenceError, match="weight holds values that are not finite"):
        watch(math.nan).parameters()


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (0.7, 0.3, False),
        (0.7, 1.9, False),
        (0.01, 1.5, False),
        (0.7, 2.1, True),
        (3.0, 7.0, True),
        (0.7, math.nan, False),
        (0.0, 0.0, False),
    ],
)
def test_what_is_worth_a_word(first: float, last: float, said: bool) -> None:
    grown: Callable[[float, float], str] = watch().grown
    assert bool(grown(first, last)) == said
