"""A DPCNN through the commands: trained, converted, verified; and what training must keep."""

from __future__ import annotations

from pathlib import Path

import torch

from snnconvert.files import read_json
from snnconvert.models.families.dpcnn import DPCNNSpec, build_dpcnn
from snnconvert.models.network import Signal
from snnconvert.pipelines.convert.convert import convert
from snnconvert.pipelines.settings.convert import ConvertSettings
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train
from snnconvert.pipelines.training.loop import Loop
from snnconvert.pipelines.training.optimizer import adamw


def test_train_and_convert(tmp_path: Path):
    data = DataSettings(vectors="random", dim=8, limit=40)
    settings = TrainSettings(
        model="dpcnn", blocks=2, channels=6, epochs=1, batch_size=16, tensorboard=False
    )
    train(tmp_path, data, settings)
    convert(tmp_path, ConvertSettings(steps=3, calibration=16))
    report = read_json(tmp_path / "snn" / "conversion.json", "the report")
    rows = {row["name"]: row for row in report["layers"]}
    assert rows["conv2b_norm"]["action"] == "folded"
    checked = ["region", "conv1a", "conv1b", "add1", "conv2a", "conv2b", "add2", "readout"]
    assert all(rows[name]["verify_error"] < 1e-4 for name in checked)
    assert report["pooling_rule"][0] == "counts"
    results = read_json(tmp_path / "results.json", "the results")
    assert {"pool2_to_add2", "conv2b"} <= set(results["snn"]["sops_by_layer"])


def test_the_best_epoch_keeps_its_running_statistics(tmp_path: Path):
    """The first epoch is the best: what the second did to the statistics must be undone."""
    network = build_dpcnn(DPCNNSpec(4, 2, 3, blocks=1, dropout=0.0))
    x = torch.rand(8, 4, 5, generator=torch.Generator().manual_seed(0))
    seen: list[torch.Tensor] = []

    def batch_loss(indices: list[int], random: torch.Generator) -> torch.Tensor:
        return network(Signal(x[indices], torch.full((len(indices),), 5))).square().mean()

    def dev_score() -> tuple[float, float]:
        seen.append(network.node("region_norm").running_mean.clone())
        return 1.0 / len(seen), 1.0

    loop = Loop(
        model=network,
        optimizer=adamw(network, 1e-2, 0.0),
        lengths=[5] * 8,
        batch_loss=batch_loss,
        dev_score=dev_score,
        folder=tmp_path,
        name="train",
        seed=0,
        epochs=3,
        patience=3,
        batch_size=4,
        tensorboard=False,
    )
    loop.run()
    assert len(seen) == 3 and not torch.equal(seen[0], seen[2])
    assert torch.equal(network.node("region_norm").running_mean, seen[0])
