"""A loss that a user adds at run time: an option, trained, written down, reported."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
import yaml
from torch import Tensor
from torch.nn import functional

from snnconvert.errors import InputError
from snnconvert.models.neurons.readout import SpikingReadout
from snnconvert.models.saving import load_model
from snnconvert.options import option
from snnconvert.pipelines.cli import command_parser, main
from snnconvert.pipelines.finetune.finetune import finetune
from snnconvert.pipelines.run_folder.again import command_for
from snnconvert.pipelines.settings import FinetuneSettings, RunSettings
from snnconvert.pipelines.training.losses import LOSSES
from snnconvert.pipelines.training.losses.loss import Loss, Reads

TUNE = ["--epochs", "2", "--tensorboard", "false"]
Capture = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Distance(Loss):
    """Squared distance of rates of output neurons from a target."""

    outputs: ClassVar[Reads] = "spikes"
    target: float = option(1.0, "rate of the true class with --loss distance", above=0, most=1)

    def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        wanted = self.target * functional.one_hot(labels, outputs.shape[1])  # (B, K)
        return ((outputs - wanted) ** 2).mean()


@pytest.fixture
def distance() -> Iterator[None]:
    LOSSES.add("distance", Distance)
    yield
    LOSSES.remove("distance")


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A run with ANN and SNN, not fine-tuned."""
    run = shutil.copytree(tiny_run, tmp_path / "run")
    shutil.rmtree(run / "finetuned")
    results = json.loads((run / "results.json").read_text("utf-8"))
    del results["finetuned"]
    (run / "results.json").write_text(json.dumps(results), "utf-8")
    config = yaml.safe_load((run / "config.yaml").read_text("utf-8"))
    del config["finetuned"]
    (run / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    return run


def config(run: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((run / "config.yaml").read_text("utf-8"))["finetuned"])


@pytest.mark.usefixtures("distance")
def test_it_trains_and_is_written_down_and_reported(run: Path, capsys: Capture) -> None:
    words = ["finetune", str(run), *TUNE, "--loss", "distance", "--target", "0.5", "--lr", "0.01"]
    assert main(words) == 0
    assert (config(run)["loss"], config(run)["target"]) == ("distance", 0.5)
    figures = json.loads((run / "results.json").read_text("utf-8"))["finetuned"]
    model, _ = load_model(run / "finetuned")
    assert isinstance(model.network.node(model.network.output), SpikingReadout)
    assert 0 <= figures["test_accuracy"] <= 1
    rows = (run / "finetuned" / "finetune.csv").read_text("utf-8").splitlines()
    losses = [float(row.split(",")[1]) for row in rows[2:]]
    assert losses[1] < losses[0] < 1  # a squared distance of rates, not a cross entropy
    assert main(["report", str(run)]) == 0
    page = (run / "report.html").read_text("utf-8")
    assert "distance" in page and "target" in page
    assert main(words) == 0  # done with these settings
    assert "made again" not in capsys.readouterr().err
    assert main([*words[:-4], "--target", "0.7"]) == 2
    assert "target was 0.5, now 0.7" in capsys.readouterr().err
    command = command_for("finetuned", run, {"finetuned": config(run)})
    assert "--loss distance" in command and "--target 0.5" in command
    assert main(shlex.split(command)[1:]) == 0  # the same again: nothing to do


@pytest.mark.usefixtures("distance")
def test_its_parameters_are_options_where_it_is_there(capsys: Capture) -> None:
    assert main(["finetune", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "{mean_logits,spike_counts,spike_rate,every_step,mse_outputs,mse_counts,dist" in shown
    assert "--target X rate of the true class with --loss distance (default: 1.0, of the" in shown
    assert "--finetune.target" in command_parser("run").option_names()
    settings = RunSettings(finetune=FinetuneSettings(loss="distance", target=0.25))
    assert settings.finetune.target == 0.25  # type: ignore[attr-defined]
    assert FinetuneSettings(loss="distance").target is None  # type: ignore[attr-defined]


def test_without_it_there_is_no_such_option(capsys: Capture) -> None:
    assert "--target" not in command_parser("finetune").option_names()
    assert main(["finetune", "run", "--loss", "distance"]) == 2
    names = "mean_logits, spike_counts, spike_rate, every_step, mse_outputs, mse_counts"
    assert f"expected one of {names}, but got" in capsys.readouterr().err
    with pytest.raises(InputError, match=f"to be of {names}, but got 'distance'"):
        FinetuneSettings(loss="distance")


@pytest.mark.usefixtures("distance")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--loss", "distance", "--target", "2"], "above 0 and at most 1 for --target, but got 2"),
        (["--loss", "distance", "--target", "much"], "expected a number, but got 'much'"),
        (["--target", "0.5"], "expected target only with a loss that has it, but got it with mean"),
    ],
)
def test_bad_parameters_are_one_line(
    run: Path, words: list[str], says: str, capsys: Capture
) -> None:
    before = (run / "config.yaml").read_bytes()
    capsys.readouterr()
    assert main(["finetune", str(run), *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line and (run / "config.yaml").read_bytes() == before


def test_other_losses_do_not_depend_on_it(run: Path) -> None:
    settings = FinetuneSettings(epochs=1, tensorboard=False)
    finetune(run, settings)
    before = (run / "results.json").read_bytes()
    LOSSES.add("distance", Distance)
    try:
        finetune(run, FinetuneSettings(epochs=1, tensorboard=False))  # done, with the same settings
        assert (run / "results.json").read_bytes() == before and "target" not in config(run)
        # the loss's own default is what is written down where nothing is given
        finetune(run, FinetuneSettings(epochs=1, loss="distance", tensorboard=False), force=True)
        assert config(run)["target"] == 1.0
    finally:
        LOSSES.remove("distance")


def test_a_parameter_must_not_have_the_name_of_an_option() -> None:
    @dataclass(frozen=True)
    class Wide(Loss):
        width: float = option(1.0, "something else")

        def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
            return outputs.sum()

    LOSSES.add("wide", Wide)
    try:
        with pytest.raises(InputError, match="has no option for, but got width: give the"):
            FinetuneSettings()
    finally:
        LOSSES.remove("wide")
    assert FinetuneSettings().width == 1.0


def test_a_loss_checks_its_own_parameters() -> None:
    with pytest.raises(InputError, match="at most 1 for target, but got 3"):
        Distance(target=3.0)
    rates = torch.tensor([[0.5, 0.25]])
    found = Distance(target=0.5).loss(rates, torch.tensor([0]))
    assert float(found) == pytest.approx(0.25**2 / 2)
