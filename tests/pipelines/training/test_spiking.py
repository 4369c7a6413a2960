"""A network that spikes already as it is trained, from train to report, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Signal
from snnconvert.models.saving import load_model
from snnconvert.models.spike_share import spike_share
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.training.spiking import spiking_trainee
from snnconvert.tests.helpers.stopping import stop_before

SMALL = [
    *("--model", "spiking-bert", "--dataset", "builtin-en", "--size", "16", "--layers", "1"),
    *("--heads", "2", "--expansion", "2", "--dim", "8", "--tensorboard", "false"),
    *("--limit", "60", "--max-length", "20", "--vectors", "random"),
]


def train(out: Path, *more: str, epochs: int = 3) -> int:
    return main(["train", *SMALL, "--epochs", str(epochs), "--out", str(out), "--quiet", *more])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("spiking") / "run"
    assert train(out) == 0
    return out


def test_a_run_holds_the_network_and_no_ann(run: Path) -> None:
    assert (run / "spiking" / "weights.safetensors").is_file() and not (run / "ann").exists()
    results = json.loads((run / "results.json").read_text())
    assert set(results) == {"data", "spiking"}
    assert 0 < results["spiking"]["test_accuracy"] <= 1 and results["spiking"]["epochs"] == 3
    model, classes = load_model(run / "spiking")
    assert isinstance(model, TextModel) and len(classes) == 2


def test_it_is_evaluated_predicts_and_is_shown(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = json.loads((run / "results.json").read_text())
    assert main(["evaluate", str(run), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["accuracy"] == results["spiking"]["test_accuracy"]
    assert figures["model"] == "spiking" and "linear_accuracy" in figures
    assert main(["predict", str(run), "a wonderful film", "", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["class"] for row in rows} <= {"negative", "positive"}
    assert all(abs(sum(row["probabilities"].values()) - 1) < 1e-5 for row in rows)
    assert main(["report", str(run)]) == 0
    page = (run / "report.html").read_text()
    assert "Directly trained SNN" in page and "snnconvert convert" not in page


def test_its_energy_is_counted_beside_an_ann_of_the_same_matrices(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["energy", str(run), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["energy"]["rows"]
    joules = {
        (row["victim"], row["setting"]): row["joules_per_sentence"]
        for row in rows
        if row["model"] == "compute-fp32"
    }
    assert set(joules) == {
        ("spiking", "everything"),
        ("spiking", "synapses alone"),
        ("twin-ann", "padding skipped"),
        ("twin-ann", "dense"),
    }
    everything, alone = joules["spiking", "everything"], joules["spiking", "synapses alone"]
    assert 0 < alone < everything < joules["twin-ann", "padding skipped"]
    assert len((run / "energy" / "texts.csv").read_text().splitlines()) == 1 + 2 * 60
    assert main(["report", str(run)]) == 0
    assert "ANN of the same matrices" in (run / "report.html").read_text()


@pytest.mark.parametrize(
    "command", [["convert"], ["attack"], ["finetune"], ["convert", "--sweep"]], ids=" ".join
)
def test_what_needs_an_ann_refuses_in_one_line(
    run: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command[0], str(run), *command[1:]]) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said and ("spikes already" in said or "'snn'" in said)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--shows", "3"), "shows only with the coding repeat"),
        (("--coding", "repeat", "--passes", "1"), "passes only with the coding individual"),
        (("--heads", "3"), "heads that divide the size 16"),
        (("--channels", "9"), "channels only with the model textcnn or dpcnn"),
        (("--input-levels", "2"), "reads word vectors as they are"),
        (("--spike-cost", "-1"), "spike-cost"),
        (("--coding", "twice"), "individual"),
    ],
)
def test_options_that_are_not_read_are_refused(
    tmp_path: Path, more: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path / "run", *more) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and said in lines[0]
    assert not (tmp_path / "run" / "spiking").exists()


def test_its_options_are_refused_with_other_networks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "--dataset", "builtin-en", "--out", str(tmp_path / "run")]
    for more in (["--spike-cost", "1"], ["--coding", "repeat"]):
        assert main([*words, *more]) == 2
        assert "only with the model spiking-bert" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_network_and_another_coding_is_refused(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path / "again") == 0
    same = [path / "spiking" / "weights.safetensors" for path in (run, tmp_path / "again")]
    assert same[0].read_bytes() == same[1].read_bytes()
    assert train(run, "--coding", "repeat") == 2
    assert "done with other settings" in capsys.readouterr().err


@pytest.mark.parametrize("more", [(), ("--coding", "repeat"), ("--passes", "1")], ids=str)
def test_stopped_and_resumed_it_is_the_same_bit_for_bit(
    more: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the first step, within an epoch and at its end; running statistics and dropout too."""
    assert train(tmp_path / "whole", *more) == 0
    stop_before(monkeypatch, 0, 3, 11)
    assert [train(tmp_path / "run", *more) for _ in range(4)] == [130, 130, 130, 0]
    both = [tmp_path / name / "spiking" for name in ("whole", "run")]
    for name in ("weights.safetensors", "train.csv"):
        assert (both[0] / name).read_bytes() == (both[1] / name).read_bytes()
    spent = json.loads((tmp_path / "run" / "results.json").read_text())["spiking"]["cpu"]
    assert spent["seconds"] > 0


@pytest.mark.long
def test_it_learns_a_few_texts_by_heart(tmp_path: Path) -> None:
    """32 texts whose classes nothing but each text itself tells."""
    words = [f"word{n}" for n in range(40)]
    random = np.random.default_rng(0)
    for split, count in {"train": 32, "dev": 4, "test": 4}.items():
        rows = [f"{n % 2}\t{' '.join(random.choice(words, 6))} {split} {n}" for n in range(count)]
        (tmp_path / f"{split}.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    # dev is what chooses the epoch: the texts that are to be learned
    (tmp_path / "dev.tsv").write_text((tmp_path / "train.tsv").read_text("utf-8"), "utf-8")
    words = ["train", "--dataset", str(tmp_path), "--out", str(tmp_path / "run"), "--quiet"]
    words += ["--model", "spiking-bert", "--size", "32", "--layers", "1", "--token-dropout", "0"]
    words += ["--vectors", "random", "--word-dropout", "0", "--epochs", "40", "--lr", "0.005"]
    assert main([*words, "--batch-size", "8", "--tensorboard", "false"]) == 0
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["spiking"]["dev_accuracy"] == 1


def test_a_cost_on_spikes_makes_them_fewer() -> None:
    """What is added to the loss is the cost times the share, and its gradients lower this."""
    spec = SpikingBertSpec(8, 2, size=16, layers=1, heads=2, expansion=2, token_dropout=0.0)
    model = TextModel(torch.rand(30, 8) * 2 - 1, build_spiking_bert(spec, 0)).train()
    random = torch.Generator().manual_seed(0)
    ids, lengths = torch.randint(1, 30, (12, 7), generator=random), torch.full((12,), 7)
    trainee = spiking_trainee(model, 3.0)
    optimizer, shares = torch.optim.AdamW(model.network.parameters(), 1e-2), []
    for _ in range(40):
        record: dict[str, Signal] = {}
        model.network(Signal(model.embed(ids), lengths), record)
        shares.append(float(spike_share(model.network, record).detach()))
        logits = trainee.outputs(ids, lengths, random)
        assert trainee.penalty is not None and logits.shape == (12, 2)
        penalty = trainee.penalty()
        assert float(penalty.detach()) == pytest.approx(3 * shares[-1], rel=1e-5)
        optimizer.zero_grad()
        penalty.backward()
        optimizer.step()
    assert shares[-1] < 0.5 * shares[0]
    assert spiking_trainee(model, 0.0).penalty is None


@pytest.mark.slow
def test_an_ann_may_stand_beside_it(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--dataset", "builtin-en", "--dim", "8", "--channels", "4", "--epochs", "1"]
    words += ["--limit", "60", "--max-length", "20", "--vectors", "random"]
    assert main(["train", *words, "--out", str(run), "--quiet"]) == 0
    assert main(["convert", str(run), "--quiet"]) == 0
    made = set(json.loads((run / "results.json").read_text()))
    assert made >= {"data", "spiking", "ann", "snn"}
    capsys.readouterr()
    assert main(["evaluate", str(run), "--model", "spiking"]) == 0
    assert "Directly trained SNN on test" in capsys.readouterr().out
    assert main(["report", str(run)]) == 0
    page = (run / "report.html").read_text()
    assert "Directly trained SNN" in page and "Converted SNN" in page
