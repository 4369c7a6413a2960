"""Losses of every step, label smoothing, R-Drop and one network for all T."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr
from torch import Tensor
from torch.nn import functional

from snnconvert.errors import InputError
from snnconvert.models.snn import running_logits, step_currents
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.finetune.finetune import recorded
from snnconvert.pipelines.finetune.snn import SpikingOutputs
from snnconvert.pipelines.run_folder.again import command_for
from snnconvert.pipelines.settings import FinetuneSettings, TrainSettings
from snnconvert.pipelines.training.dev_score import DevScore
from snnconvert.pipelines.training.distillation.loss import Distilled
from snnconvert.pipelines.training.losses import LOSSES, make_loss
from snnconvert.pipelines.training.losses.loss import CrossEntropy
from snnconvert.pipelines.training.r_drop import agreeing, divergence
from snnconvert.pipelines.training.texts import Texts

LABELS = torch.tensor([2, 0, 1, 1])
WEIGHT = torch.tensor([0.5, 2.0, 1.0])
TUNE = ["--epochs", "2", "--tensorboard", "false", "--quiet", "--force"]
Capture = pytest.CaptureFixture[str]


def currents(seed: int = 0, steps: int = 5) -> Tensor:
    return torch.randn(steps, 4, 3, generator=torch.Generator().manual_seed(seed))


def test_every_step_by_hand() -> None:
    """Two steps of one text of class 0: logits (0, 0), then (ln 3, 0): ln 2 and ln(4/3)."""
    steps = torch.tensor([[[0.0, 0.0]], [[np.log(3.0), 0.0]]])
    label = torch.tensor([0])
    entropy = (np.log(2) + np.log(4 / 3)) / 2
    assert make_loss("every_step", None).loss(steps, label).item() == pytest.approx(entropy)
    # squared distances from 1: 1, 1, (ln 3 - 1)^2, 1
    apart = (3 + (np.log(3) - 1) ** 2) / 4
    found = LOSSES["every_step"](tet_lambda=0.25).loss(steps, label).item()
    assert found == pytest.approx(0.75 * entropy + 0.25 * apart)


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_every_step_is_the_mean_of_the_steps(weight: Tensor | None, smoothing: float) -> None:
    steps = currents()
    texts = {"reduction": "none", "label_smoothing": smoothing}
    each = [functional.cross_entropy(s, LABELS, weight, **texts).mean() for s in steps]
    loss = LOSSES["every_step"](label_smoothing=smoothing)
    found = loss.loss(steps, LABELS, weight).item()
    assert found == pytest.approx(torch.stack(each).mean().item(), rel=1e-5)


@given(st.integers(0, 99))
def test_currents_that_are_alike_have_the_loss_of_their_mean(seed: int) -> None:
    alike = currents(seed, 1).expand(4, 4, 3)
    mean = make_loss("mean_logits", None).loss(alike.mean(dim=0), LABELS)
    found = make_loss("every_step", None).loss(alike, LABELS)
    assert found.item() == pytest.approx(mean.item(), rel=1e-5)


def test_counts_are_those_of_snntorch() -> None:
    from snntorch.functional import mse_count_loss

    spikes = (currents() > 0).float()
    theirs = mse_count_loss(correct_rate=0.8, incorrect_rate=0.2)(spikes, LABELS)
    ours = LOSSES["mse_counts"](wanted=0.8, wanted_others=0.2).loss(spikes, LABELS)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)


def test_label_smoothing_by_hand() -> None:
    """Of 0.3, half goes to each of two classes: 0.85 and 0.15 of the class and the other."""
    logits = torch.tensor([[np.log(3.0), 0.0]])  # 3/4 and 1/4
    wanted = -0.85 * np.log(0.75) - 0.15 * np.log(0.25)
    for name, scale in {"mean_logits": 1.0, "spike_counts": 10.0}.items():
        loss = LOSSES[name](label_smoothing=0.3)
        found = loss.loss(logits / scale, torch.tensor([0])).item()
        assert found == pytest.approx(wanted, rel=1e-5)


def test_a_teacher_beside_a_loss_of_every_step() -> None:
    steps, teacher = currents(1), currents(2, 1)[0]
    labels = torch.tensor([2, -1, 1, -1])
    found = Distilled(make_loss("every_step", None))(steps, labels, teacher)
    # with outputs that are alike at every step it is that of the mean
    alike = steps.mean(dim=0)
    one = Distilled(make_loss("mean_logits", None))(alike, labels, teacher)
    same = Distilled(make_loss("every_step", None))(alike.expand(3, 4, 3), labels, teacher)
    assert same.item() == pytest.approx(one.item(), rel=1e-5) and found.item() != one.item()


def test_divergence_is_that_of_scipy() -> None:
    one, other = currents(3, 1)[0], currents(4, 1)[0]
    p, q = (torch.softmax(x.double(), dim=1).numpy() for x in (one, other))
    wanted = (rel_entr(p, q).sum(1) + rel_entr(q, p).sum(1)).mean() / 2
    assert divergence(one, other).item() == pytest.approx(wanted, rel=1e-5)
    both = torch.stack([one, other]), torch.stack([other, one])  # of two steps: the same
    assert divergence(*both).item() == pytest.approx(wanted, rel=1e-5)


def test_two_passes_must_agree() -> None:
    passes = iter([(torch.tensor(1.0), currents(3)), (torch.tensor(4.0), currents(4))])
    found = agreeing(lambda: next(passes), 0.5)
    assert found.item() == pytest.approx(2.5 + 0.5 * divergence(currents(3), currents(4)).item())
    alike = agreeing(lambda: (torch.tensor(3.0), currents(3)), 7.0)
    assert alike.item() == pytest.approx(3.0)


@given(st.integers(0, 99), st.integers(1, 9))
def test_currents_of_running_logits(seed: int, steps: int) -> None:
    made = currents(seed, steps).double()
    assert torch.allclose(step_currents(running_logits(made)), made)


def test_outputs_are_means_steps_or_a_random_number_of_them() -> None:
    made, draws = currents(), torch.Generator().manual_seed(0)
    training = cast(Any, lambda *_: made)
    call = LABELS, LABELS, draws
    assert torch.equal(SpikingOutputs(training)(*call), made.mean(dim=0))
    assert torch.equal(SpikingOutputs(training, every_step=True)(*call), made)
    sizes = [len(SpikingOutputs(training, True, random_steps=True)(*call)) for _ in range(200)]
    assert set(sizes) == {1, 2, 3, 4, 5}
    means = {size: made[:size].mean(dim=0) for size in range(1, 6)}
    found = SpikingOutputs(training, random_steps=True)(*call)
    assert any(torch.equal(found, mean) for mean in means.values())


def test_two_passes_of_a_batch_have_the_same_number_of_steps() -> None:
    """Otherwise R-Drop compares (or cannot) what other steps say."""
    training, draws = cast(Any, lambda *_: currents()), torch.Generator().manual_seed(0)
    outputs = SpikingOutputs(training, True, random_steps=True)
    sizes = []
    for _ in range(50):
        with outputs.one_batch():
            first, second = (outputs(LABELS, LABELS, draws) for _ in range(2))
        assert len(first) == len(second)
        sizes.append(len(first))
    assert set(sizes) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("loss", ["every_step", "mean_logits"])
def test_random_steps_with_r_drop_as_a_user_asks(tiny_run: Path, tmp_path: Path, loss: str) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    words = ["--loss", loss, "--random-steps", "true", "--r-drop", "1", "--epochs", "1"]
    assert main(["finetune", str(run), *words, "--tensorboard", "false", "--quiet", "--force"]) == 0


def score_of(running: Tensor, loss: str, after_each: bool) -> tuple[float, float, dict[str, float]]:
    own = {"labels": {"dev": LABELS.tolist()}, "sequences": {"dev": [None]}}
    texts = SimpleNamespace(**own, grades={})
    score = DevScore(lambda _: running, cast(Texts, texts), None, make_loss(loss, None), after_each)
    return *score(), score.parts


def test_dev_is_scored_after_each_step() -> None:
    running = running_logits(currents(6))
    right = [(rows.argmax(dim=1) == LABELS).float().mean().item() for rows in running]
    assert len(set(right)) > 1  # or there would be no mean to take
    losses = [functional.cross_entropy(rows, LABELS).item() for rows in running]
    found = score_of(running, "mean_logits", after_each=True)
    assert found[:2] == pytest.approx((np.mean(right), np.mean(losses)))
    assert found[2] == {"dev_accuracy_after_1": right[0], "dev_accuracy_after_5": right[-1]}
    last = score_of(running, "mean_logits", after_each=False)
    assert last[:2] == pytest.approx((right[-1], losses[-1])) and last[2] == {}
    steps = make_loss("every_step", None).loss(step_currents(running), LABELS).item()
    assert score_of(running, "every_step", False)[1] == pytest.approx(steps)


def test_settings_of_before_are_the_same() -> None:
    """What is off is not written down, so that runs of before there were such options are done."""
    new = {"label_smoothing", "r_drop", "random_steps", "tet_lambda", "wanted", "wanted_others"}
    assert not new & recorded(FinetuneSettings(), 0).keys()
    assert {"label_smoothing", "r_drop"} <= TrainSettings().unread()
    on = FinetuneSettings(loss="every_step", label_smoothing=0.1, r_drop=1.0, random_steps=True)
    kept = recorded(on, 0)
    assert new - {"wanted", "wanted_others"} <= kept.keys() and kept["tet_lambda"] == 0
    assert not {"label_smoothing", "r_drop"} & TrainSettings(label_smoothing=0.1, r_drop=1).unread()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--label-smoothing", "1"], "at least 0 and below 1 for --label-smoothing, but got 1"),
        (["--tet-lambda", "0.1"], "expected tet_lambda only with a loss that has it, but got it"),
        (["--loss", "mse_counts", "--label-smoothing", "0.1"], "expected label_smoothing only"),
        (["--loss", "mse_counts", "--wanted", "2"], "expected wanted to be a rate of at least 0"),
        (["--r-drop", "1", "--dropout", "0"], "expected a dropout above 0 with r_drop"),
        (["--backward", "dsr", "--width", "0.5"], "expected width only with a backward pass"),
        (["--backward", "dsr", "--surrogate", "erf"], "expected surrogate only with a backward"),
        (["--r-drop", "-1"], "of at least 0 for --r-drop, but got -1"),
    ],
)
def test_bad_options_are_one_line(
    tiny_run: Path, words: list[str], says: str, capsys: Capture
) -> None:
    assert main(["finetune", str(tiny_run), *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


def tuned(tiny_run: Path, out: Path, *options: str) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The settings written down by ``finetune``, and its log."""
    run = shutil.copytree(tiny_run, out)
    assert main(["finetune", str(run), *TUNE, "--lr", "0.01", *options]) == 0
    with (run / "finetuned" / "finetune.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    config = yaml.safe_load((run / "config.yaml").read_text("utf-8"))["finetuned"]
    assert main(["finetune", str(run), *TUNE[:-1], "--lr", "0.01", *options]) == 0  # it is done
    command = command_for("finetuned", run, {"finetuned": config})
    assert all(word in command for word in options if word.startswith("--"))
    return config, rows


@pytest.mark.parametrize(
    "options",
    [
        ["--loss", "every_step", "--tet-lambda", "0.05", "--label-smoothing", "0.1"],
        ["--loss", "mse_outputs", "--wanted", "2"],
        ["--loss", "mse_counts", "--wanted", "0.9", "--wanted-others", "0.1"],
        ["--r-drop", "0.5"],
    ],
)
def test_by_the_command_line(tiny_run: Path, tmp_path: Path, options: list[str]) -> None:
    config, rows = tuned(tiny_run, tmp_path / "run", *options)
    given = dict(zip(options[::2], options[1::2], strict=True))
    written = {name: str(config[name.removeprefix("--").replace("-", "_")]) for name in given}
    assert {n: v.rstrip("0").rstrip(".") for n, v in written.items()} == given
    assert float(rows[-1]["train_loss"]) < float(rows[1]["train_loss"])


def test_one_network_for_all_steps_by_the_command_line(tiny_run: Path, tmp_path: Path) -> None:
    config, rows = tuned(tiny_run, tmp_path / "run", "--random-steps", "true")
    assert config["random_steps"] is True
    steps = max(int(name.rsplit("_", 1)[1]) for name in rows[0] if name.startswith("dev_accuracy_"))
    assert steps > 1
    ends = [float(rows[0][f"dev_accuracy_after_{n}"]) for n in (1, steps)]
    assert all(0 <= value <= 1 for value in ends)


def test_label_smoothing_and_r_drop_of_train(tmp_path: Path) -> None:
    small = ["train", "--limit", "60", "--dim", "8", "--max-length", "20", "--widths", "2"]
    small += ["--channels", "6", "--epochs", "1", "--tensorboard", "false", "--quiet"]
    runs = {}
    for name, words in {"plain": [], "both": ["--label-smoothing", "0.1", "--r-drop", "1"]}.items():
        assert main([*small, *words, "--out", str(tmp_path / name)]) == 0
        runs[name] = yaml.safe_load((tmp_path / name / "config.yaml").read_text("utf-8"))["ann"]
    assert (runs["both"]["label_smoothing"], runs["both"]["r_drop"]) == (0.1, 1.0)
    assert not {"label_smoothing", "r_drop"} & runs["plain"].keys()
    weights = [(tmp_path / name / "ann" / "weights.safetensors").read_bytes() for name in runs]
    assert weights[0] != weights[1]


def test_a_loss_of_ones_own_may_have_label_smoothing() -> None:
    @dataclass(frozen=True)
    class Sharp(CrossEntropy):
        every_step: ClassVar[bool] = False

        def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
            return self.cross_entropy(3 * outputs, labels, weight)

    LOSSES.add("sharp", Sharp)
    try:
        settings = FinetuneSettings(loss="sharp", label_smoothing=0.25)
        assert make_loss("sharp", settings) == Sharp(label_smoothing=0.25)
        with pytest.raises(InputError, match="expected wanted only with a loss that has it"):
            FinetuneSettings(loss="sharp", wanted=0.5)
    finally:
        LOSSES.remove("sharp")
