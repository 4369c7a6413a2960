"""Parts of `reproduce snn-bert`: its rows, intervals, claims, activity and page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from snnconvert.errors import InputError
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Signal
from snnconvert.models.neurons.direct.node import BPSN
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.reproduce.snn_bert import published
from snnconvert.pipelines.reproduce.snn_bert.activity import activity_of
from snnconvert.pipelines.reproduce.snn_bert.claims import claims
from snnconvert.pipelines.reproduce.snn_bert.intervals import of_seeds, paired, points, times
from snnconvert.pipelines.reproduce.snn_bert.pages.outputs import page, write_outputs
from snnconvert.pipelines.reproduce.snn_bert.plan import MODELS, Selection, Sizes
from snnconvert.pipelines.reproduce.snn_bert.rows import Cell, Row
from snnconvert.pipelines.reproduce.snn_bert.work import Work
from snnconvert.pipelines.settings.reproduce import NETWORKS, ReproduceSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.typed_json import made, to_json

STEP = {"dataset": "sst2", "way": "repeat", "batches": 30, "texts": 64, "cpu_seconds": 0.2}
STEP |= {"per_1000_tokens": 0.1, "times": 3.0, "low": 2.8, "high": 3.2}
STEP |= {"kept_bytes": 8_000_000, "kept_times": 3.9}


def row(model: str, seed: int, right: str = "1101", **more: Any) -> Row:
    values: dict[str, Any] = {
        "metric": "accuracy",
        "score": right.count("1") / len(right),
        "dev_score": 0.5,
        "trivial": 0.5,
        "epochs": 3,
        "best_epoch": 2,
        "train_seconds": 20.0,
        "parameters": 10,
        "energy_texts": 2,
        "spikes": 5.0,
        "sops": 9.0,
        "macs": 0.0,
        "share": 0.1,
        "synapses": {"compute-fp32": 1e-6, "loihi": None},
        "everything": {"compute-fp32": 2e-6, "loihi": None},
        "right": right,
        "text_joules": {"synapses": [1e-6, 1e-6], "everything": [2e-6, 2e-6]},
        "notes": {"stamp": "s", "data": "d"},
    }
    return Row(Cell("sst2", model, seed), **(values | more))


def test_the_rows_of_a_call() -> None:
    """What claims need comes first, seed by seed."""
    cells = [cell.name for cell in Selection(ReproduceSettings()).cells()]
    assert cells[:4] == ["sst2-ann-0", "sst2-repeat-0", "sst2-individual-0", "sst2-ann-1"]
    assert len(cells) == 3 * 10 and cells[9:][0] == "sst2-individual-reset-0"
    asked = ReproduceSettings(datasets=("mr",), seeds=(1,), networks=("ann", "individual-wider"))
    assert [c.name for c in Selection(asked).cells()] == ["mr-ann-1", "mr-individual-wider-1"]
    quick = list(Selection(ReproduceSettings(quick=True)).cells())
    assert {(c.dataset, c.seed) for c in quick} == {("builtin-en", 0)}
    assert [c.model for c in quick] == list(NETWORKS)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_options_of_train(name: str) -> None:
    settings = TrainSettings(**MODELS[name].settings(Sizes()))
    assert settings.epochs == (10 if name == "individual-longer" else 3) == settings.patience
    assert settings.size == (256 if name == "individual-wider" else 128)
    assert settings.spikes == (name != "ann")


def test_another_setting_is_another_row(tmp_path: Path) -> None:
    cell = Cell("sst2", "repeat", 0)
    works = [
        Work(tmp_path, None, vectors, ReproduceSettings(limit=limit, quick=quick))
        for vectors, limit, quick in (
            ("a.txt", None, False),
            ("b.txt", None, False),
            ("a.txt", 50, False),
            ("a.txt", None, True),
        )
    ]
    assert len({work.stamp(cell) for work in works}) == 4
    elsewhere = Work(tmp_path / "x", "data", "folder/a.txt", ReproduceSettings())
    assert elsewhere.stamp(cell) == works[0].stamp(cell)


def test_a_row_is_what_its_file_says() -> None:
    whole = row("repeat", 1)
    assert made(Row, json.loads(json.dumps(to_json(whole)))) == whole
    with pytest.raises(InputError, match="model"):
        made(Row, {"dataset": "sst2"})


def test_intervals_of_what_is_known() -> None:
    random = np.random.default_rng(1)
    left = random.random((3, 40)) + 1
    assert paired(left, left / 4, times) == pytest.approx({"value": 4, "low": 4, "high": 4})
    assert paired(left, left, points) == {"value": 0, "low": 0, "high": 0}
    right = (random.random((1, 400)) < 0.5).astype(float)
    found = paired(np.zeros((1, 400)), right, points)
    assert found["value"] == pytest.approx(100 * right.mean())
    error = 100 * right.std() / 20  # of a mean of 400
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert paired(np.zeros((1, 400)), right, points) == found  # the same draws
    assert of_seeds(np.array([[6.0], [2.0]]), np.array([[2.0], [1.0]])) == pytest.approx(
        {"value": 8 / 3, "low": 2, "high": 3}
    )


def test_claims_compare_the_seeds_that_both_have() -> None:
    wide = {"synapses": [8e-6, 8e-6], "everything": [9e-6, 9e-6]}
    rows = [
        row("repeat", 0, "0000", text_joules=wide, train_seconds=80.0),
        row("repeat", 1, "0000", text_joules=wide, train_seconds=60.0),
        row("individual", 1, "1101"),
        row("individual-free", 1, "1101"),
    ]
    found = {claim["claim"]: claim for claim in claims(rows, [STEP])}
    energy = found["energy, both with the same cost on spikes"]
    assert energy["seeds"] == 1 and energy["published"] == published.ENERGY
    assert energy["synapses"]["value"] == pytest.approx(8) and energy["met_synapses"] is True
    assert energy["everything"]["value"] == pytest.approx(4.5) and energy["met"] is False
    assert found["time of a whole training"]["everything"]["value"] == 3
    assert found["time of a training step"]["everything"]["low"] == 2.8
    assert found["memory kept for the backward pass"]["met"] is True
    score = found["score, equal epochs"]
    assert score["everything"]["value"] == 75 and score["synapses"] is None
    assert not {name for name in found if "ANN" in name or "neither" in name}
    assert claims([], []) == []


@torch.no_grad()
def test_activity_by_hand() -> None:
    """Two neurons a layer of a network whose spikes are set, on texts of two and one words."""
    network = build_spiking_bert(SpikingBertSpec(3, 2, size=4, layers=1, heads=1), 0)
    names = [n for n in network.inputs if isinstance(network.node(n), BPSN)]
    for name in names:
        network.node(name).threshold.fill_(1e6)  # silent
    network.node(names[0]).threshold[:2] = -1e6  # two of four channels always fire
    model = TextModel(torch.rand(4, 3), network)
    found = activity_of(model, [np.array([1, 2]), np.array([3])])
    sites = 4 + 12 + 4 + 4 + 16 + 4  # channels of the six layers
    assert found["rates"][names[0]] == 0.5 and found["rates"][names[1]] == 0
    assert found["rate"] == round(2 / sites, 4) == found["always"]
    assert found["never"] == round(1 - 2 / sites, 4)
    assert found["after_spike"] == 1  # padding is no step
    assert found["decays"][names[0]] == [0.3, 0.3]
    assert network(Signal(torch.zeros(1, 3, 2), torch.tensor([2]))).shape == (1, 2)


def test_the_page_is_made_of_the_json_alone(tmp_path: Path) -> None:
    rows = [row(model, seed) for model in NETWORKS for seed in (0, 1)]
    rows[0] = row("ann", 0, share=None, sops=0.0, spikes=0.0, macs=70.0)
    rows[1] = row("ann", 1, share=None, sops=0.0, spikes=0.0, macs=90.0)
    settings = ReproduceSettings(limit=40)
    write_outputs(Work(tmp_path, None, "/x/v.txt", settings), rows, [STEP])
    content = json.loads((tmp_path / "snn_bert.json").read_text("utf-8"))
    written = (tmp_path / "snn_bert.md").read_text("utf-8")
    assert page(content) == written
    assert (tmp_path / "snn_bert.png").stat().st_size > 10_000
    assert content["settings"]["vectors"] == "v.txt"  # no place of a machine
    assert "right" not in content["rows"][0] and "stamp" not in content["rows"][0]["notes"]
    assert content["missing"] == [f"sst2-{name}-2" for name in NETWORKS]
    assert "**Not made yet**: sst2-ann-2" in written and "at most 40 texts" in written
    assert (
        "| energy, both with the same cost on spikes | sst2 | 2 | 6.46x | 1.00x | 1.00x |"
        in written
    )
    assert "(80)" in written and "loihi" not in written
    assert "reconstruction" in written.splitlines()[0]
    content["claims"][0]["published"] = 1.0
    assert "| sst2 | 2 | 1.00x |" in page(content)


def test_the_page_of_the_documentation_is_made_of_its_json() -> None:
    folder = Path(__file__).resolve().parents[3] / "docs" / "reproduction"
    content = json.loads((folder / "snn_bert.json").read_text("utf-8"))
    assert page(content) == (folder / "snn_bert.md").read_text("utf-8")


def test_options_of_other_systems_and_of_a_quick_call_are_refused() -> None:
    with pytest.raises(InputError, match="only with snnlp or snn-bert, but got it with lv2023"):
        ReproduceSettings(vectors="v.txt").check_system("lv2023")
    with pytest.raises(InputError, match="--steps only with snnlp or lv2023"):
        ReproduceSettings(steps=(2,)).check_system("snn-bert")
    with pytest.raises(InputError, match="no datasets, seeds or vectors with quick"):
        ReproduceSettings(quick=True, seeds=(1,)).check_system("snn-bert")
    ReproduceSettings(vectors="v.txt", quick=False, seeds=(1,)).check_system("snn-bert")
