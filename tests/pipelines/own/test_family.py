"""A model family that a user adds: every command takes its name, and its options by theirs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from snnconvert.errors import InputError
from snnconvert.models.families import FAMILIES
from snnconvert.models.families.family import Family
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.nodes.activations import make_activation
from snnconvert.models.nodes.layers import Conv1d, Linear, initialised
from snnconvert.models.nodes.pooling import MaxOverTime, MeanOverTime
from snnconvert.models.saving import load_model
from snnconvert.options import option
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.run_folder.again import command_for
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train
from snnconvert.tests.helpers.journey import DATA, command, results

TINY = DataSettings(limit=60, dim=8, max_length=20)
WORDS = ("--model", "stack", "--depth", "2", "--sides", "2,0", "--channels", "5")


@dataclass(frozen=True)
class StackSpec:
    """Convolutions one after the other; ``unseen`` is for scripts alone."""

    dim: int
    classes: int
    depth: int = option(1, "convolutions of a stack", least=1, most=4)
    sides: tuple[int, ...] = option((1, 0), "zeros left and right", least=0)
    ending: str = option("max", "pooling of a stack", ("max", "mean"))
    channels: int = option(100, "filters per width", least=1)
    unseen: int = 3


def build_stack(spec: StackSpec, seed: int) -> Network:
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    last, size = "input", spec.dim
    for i in range(spec.depth):
        conv = Conv1d(size, spec.channels, spec.unseen, spec.sides)
        nodes += [(f"conv{i}", conv, (last,)), (f"act{i}", make_activation("relu"), (f"conv{i}",))]
        last, size = f"act{i}", spec.channels
    pool = MaxOverTime() if spec.ending == "max" else MeanOverTime()
    nodes += [("pool", pool, (last,)), ("out", Linear(size, spec.classes), ("pool",))]
    return initialised(Network(nodes), seed)


@pytest.fixture(autouse=True)
def _added():
    FAMILIES.add("stack", Family(StackSpec, build_stack))
    yield
    FAMILIES.remove("stack")


def test_it_is_trained_converted_swept_tuned_priced_and_reported(tmp_path: Path) -> None:
    run = tmp_path / "run"
    quiet = ("--epochs", "1", "--tensorboard", "false")
    command("train", "--out", str(run), *DATA, *WORDS, *quiet)
    command("convert", str(run), "--steps", "3")
    command("convert", str(run), "--sweep", "--sweep.encoders", "saf", "--sweep.steps", "2")
    command("finetune", str(run), *quiet)
    command("energy", str(run), "--texts", "8", "--sampled", "0")
    command("report", str(run))
    ann, _ = load_model(run / "ann")
    assert list(ann.network.inputs) == ["conv0", "act0", "conv1", "act1", "pool", "out"]
    conv = ann.network.node("conv1")
    assert conv.settings() == {"inputs": 5, "channels": 5, "width": 3, "padding": (2, 0)}
    config = RunFolder(run).config()["ann"]
    assert {name: config[name] for name in ("model", "depth", "sides", "ending", "channels")} == {
        "model": "stack",
        "depth": 2,
        "sides": [2, 0],
        "ending": "max",
        "channels": 5,
    }
    again = command_for("ann", run, RunFolder(run).config())
    assert all(word in again for word in ("--model stack", "--depth 2", "--sides 2,0"))
    assert "--ending" not in again
    found = results(run)
    assert found["energy"]["rows"] and 0 <= found["finetuned"]["test_accuracy"] <= 1
    assert "stack" in (run / "report.html").read_text("utf-8")
    command("train", "--out", str(run), *DATA, *WORDS, *quiet)  # done: nothing is made again
    assert results(run)["finetuned"] == found["finetuned"]


def test_a_saved_model_needs_its_nodes_alone(tmp_path: Path) -> None:
    settings = TrainSettings(  # type: ignore[call-arg]
        model="stack", ending="mean", channels=4, epochs=1, tensorboard=False
    )
    run = train(tmp_path, TINY, settings)
    FAMILIES.remove("stack")
    try:
        model, _ = load_model(run.path / "ann")
        values = torch.rand(2, 8, 5, generator=torch.Generator().manual_seed(0))
        assert model.network(Signal(values, torch.tensor([5, 2]))).shape == (2, 2)
        with pytest.raises(TypeError, match="ending"):
            TrainSettings(ending="mean")  # type: ignore[call-arg]
    finally:
        FAMILIES.add("stack", Family(StackSpec, build_stack))


def test_a_run_of_another_network_is_the_same_with_and_without_it(tmp_path: Path) -> None:
    settings = {"widths": (2,), "channels": 3, "epochs": 1, "tensorboard": False}
    run = train(tmp_path, TINY, TrainSettings(**settings))  # type: ignore[arg-type]
    assert not {"depth", "sides", "ending"} & set(run.config()["ann"])
    FAMILIES.remove("stack")
    try:
        before = run.results()
        train(tmp_path, TINY, TrainSettings(**settings))  # type: ignore[arg-type]
        assert run.results() == before  # it is done
    finally:
        FAMILIES.add("stack", Family(StackSpec, build_stack))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--depth", "2"], "expected depth only with the model stack, but got it with textcnn"),
        (
            ["--model", "stack", "--depth", "5"],
            "at least 1 and at most 4 for --depth, but got 5",
        ),
        (["--model", "stack", "--ending", "min"], "expected one of max, mean, but got 'min'"),
        (["--model", "stack", "--widths", "2"], "widths only with the model textcnn"),
        (["--model", "stack", "--unseen", "2"], "unrecognized arguments: --unseen"),
        (["--model", "stick"], "textcnn, dpcnn, mlp, spiking-bert, bert, stack"),
    ],
)
def test_bad_options_are_one_line(
    words: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--out", str(tmp_path / "run"), *words]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1 and not (tmp_path / "run").exists()


def test_its_options_are_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command_name, name in (("train", "--sides N,..."), ("run", "--train.sides N,...")):
        assert main([command_name, "--help"]) == 0
        printed = " ".join(capsys.readouterr().out.split())
        assert f"{name} zeros left and right (default: 1,0)" in printed


def test_a_spec_that_cannot_be_is_refused() -> None:
    @dataclass(frozen=True)
    class NoClasses:
        dim: int

    @dataclass(frozen=True)
    class OtherDefault(StackSpec):
        channels: int = option(7, "filters", least=1)

    with pytest.raises(InputError, match="fields dim and classes, but NoClasses has dim"):
        Family(NoClasses, build_stack)
    FAMILIES.add("other", Family(OtherDefault, build_stack))
    try:
        with pytest.raises(InputError, match="expected 100 as the default of channels"):
            TrainSettings(model="other")
        assert TrainSettings(model="stack").of_network()["channels"] == 100
    finally:
        FAMILIES.remove("other")
