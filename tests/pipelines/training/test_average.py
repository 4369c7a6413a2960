"""The average of weights: worked out by hand, scored and kept, and the same after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from snnconvert.files import load_tensors, read_yaml_mapping
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.settings.finetune import FinetuneSettings
from snnconvert.pipelines.training.loop import Loop
from snnconvert.pipelines.training.weights.average import Average
from snnconvert.tests.helpers.stopping import stop_before

DATA = ["--limit", "48", "--dim", "6", "--max-length", "20", "--vectors", "random"]
NETWORK = ["--widths", "2", "--channels", "4", "--tensorboard", "false"]
LOOP = ["--epochs", "2", "--batch-size", "16", "--lr", "0.01"]


def test_by_hand():
    """Of 4, 8, 2, 10 over two steps: 4; 6; 6 + (2 - 6) / 2 = 4; 4 + (10 - 4) / 2 = 7."""
    average, learned = Average(2), {"w": torch.zeros(1), "n": torch.tensor(0)}
    seen = []
    for step, value in enumerate((4.0, 8.0, 2.0, 10.0), start=1):
        learned["w"].fill_(value)
        learned["n"].fill_(step)
        average.add(learned, step)
        seen.append(average.values["w"].item())
    assert seen == [4, 6, 4, 7] and average.values["n"].item() == 4  # whole numbers are no means
    with pytest.raises(ValueError, match="stop"), average.in_place(learned):
        assert learned["w"].item() == 7
        raise ValueError("stop")
    assert learned["w"].item() == 10


def test_over_more_steps_than_there_are_it_is_the_mean():
    average, learned = Average(100), {"w": torch.zeros(1)}
    for step, value in enumerate((1.0, 2.0, 6.0), start=1):
        learned["w"].fill_(value)
        average.add(learned, step)
    assert average.values["w"].item() == pytest.approx(3)


@pytest.mark.parametrize(
    ("epochs", "wanted"), [(0.0, [-2, -4]), (0.1, [-2, -4]), (1.0, [-1.5, -3.125])]
)
def test_what_is_scored_and_kept(epochs: float, wanted: list[float], tmp_path: Path):
    """Steps of -1: after -1 and -2 the mean is -1.5, with -3 it is -2.25 and with -4 -3.125."""
    model, seen = nn.Linear(1, 1, bias=False), []
    nn.init.zeros_(model.weight)

    def dev_score() -> tuple[float, float]:
        seen.append(model.weight.item())
        return float(len(seen)), 1.0

    loop = Loop(
        model=model,
        optimizer=torch.optim.SGD(model.parameters(), 1.0),
        lengths=[1] * 4,
        batch_loss=lambda indices, random: model.weight.sum(),
        dev_score=dev_score,
        folder=tmp_path,
        name="train",
        seed=0,
        epochs=2,
        patience=2,
        batch_size=2,
        tensorboard=False,
        average=epochs,
    )
    loop.run()
    assert seen == pytest.approx(wanted)
    assert model.weight.item() == pytest.approx(wanted[1])


def test_resumed_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of train and of finetune, stopped at their fourth step of six."""
    made = []
    for name, stops in (("whole", 0), ("stopped", 1)):
        run = str(tmp_path / name)
        for stage in ("train", "finetune") if stops else ():
            stop_before(monkeypatch, 4, of=stage)
        train = ["train", "--out", run, *DATA, *NETWORK, *LOOP, "--average", "1.5"]
        finetune = ["finetune", run, *LOOP, "--average", "0.7", "--tensorboard", "false"]
        assert [main(train) for _ in range(stops + 1)] == [130, 0][1 - stops :]
        assert main(["convert", run, "--steps", "2"]) == 0
        assert [main(finetune) for _ in range(stops + 1)] == [130, 0][1 - stops :]
        parts = ("ann", "finetuned")
        made.append([load_tensors(tmp_path / name / s / "weights.safetensors") for s in parts])
    for whole, stopped in zip(*made, strict=True):
        assert all(torch.equal(whole[key], stopped[key]) for key in whole)
    config = read_yaml_mapping(tmp_path / "whole" / "config.yaml", "the settings")
    assert (config["ann"]["average"], config["finetuned"]["average"]) == (1.5, 0.7)


def test_without_it_nothing_is_written_down():
    from snnconvert.pipelines.finetune.finetune import resolved_settings

    assert "average" not in resolved_settings(FinetuneSettings(), 0)
    assert resolved_settings(FinetuneSettings(average=2.0), 0)["average"] == 2.0
