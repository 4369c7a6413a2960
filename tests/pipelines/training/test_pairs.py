"""Pairs of texts and scores of a task's own, from train to report, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from snnconvert.models.nodes.tokens.positions import AddPlaces
from snnconvert.models.saving import load_model
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.toy_glue import write_toy_glue

Capture = pytest.CaptureFixture[str]
NETWORK = ["--model", "spiking-bert", "--size", "8", "--layers", "1", "--heads", "2"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_glue(tmp_path_factory.mktemp("pairs") / "data")


def train(data: Path, dataset: str, out: Path, *more: str) -> int:
    words = ["train", "--dataset", dataset, "--data-dir", str(data), "--out", str(out), "--quiet"]
    return main([*words, "--epochs", "2", "--tensorboard", "false", *more])


def pieces(data: Path) -> list[str]:
    return [*NETWORK, "--stage", "wordpiece", "--vectors", str(data / "bert")]


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rte") / "run"
    assert train(data, "rte", out, *pieces(data)) == 0
    return out


def test_the_network_knows_the_two_texts(run: Path) -> None:
    model, classes = load_model(run / "spiking")
    assert classes == ("entailment", "not_entailment")
    assert isinstance(model.network.node("positions"), AddPlaces)
    assert model.embedding.embedding_dim == 7  # 6 of the BERT, and the mark
    results = json.loads((run / "results.json").read_text())
    assert results["data"]["split_rule"].endswith("test is glue/rte/dev")
    assert "test_task_scores" not in results["spiking"]  # accuracy is all


def test_a_pair_is_predicted_and_a_single_text_refused(run: Path, capsys: Capture) -> None:
    assert main(["predict", str(run), "good food ||| bad food", "a|||a", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["text"] for row in rows] == ["good food ||| bad food", "a|||a"]
    assert main(["predict", str(run), "good food"]) == 2
    told = capsys.readouterr().err
    assert "expected a pair of texts as 'a ||| b'" in told and "'good food'" in told
    assert main(["evaluate", str(run), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["texts"] == 20 and "task_scores" not in found


def test_energy_and_report_of_a_pair_task(run: Path, capsys: Capture) -> None:
    assert main(["energy", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["energy"]["rows"]
    assert main(["report", str(run)]) == 0
    assert "glue/rte/dev" in (run / "report.html").read_text("utf-8")


def test_vectors_that_tell_pairs_are_not_trained(
    data: Path, tmp_path: Path, capsys: Capture
) -> None:
    words = [*NETWORK, "--stage", "wordpiece", "--vocabulary", str(data / "bert" / "vocab.txt")]
    words += ["--vectors", "random", "--dim", "4"]
    assert train(data, "rte", tmp_path / "no", *words, "--train-vectors", "true") == 2
    assert "expected word vectors that stay as they are with pairs" in capsys.readouterr().err
    assert train(data, "rte", tmp_path / "run", *words) == 0  # though random ones usually are
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["spiking"].get("train_vectors") is None
    assert "--train-vectors true" not in capsys.readouterr().err  # which would be refused


def test_another_network_reads_a_pair_as_one_text(
    data: Path, tmp_path: Path, capsys: Capture
) -> None:
    small = ["--widths", "2", "--channels", "4", "--dim", "4", "--vectors", "random"]
    assert train(data, "rte", tmp_path / "run", *small) == 0
    assert main(["predict", str(tmp_path / "run"), "good food ||| bad", "good food"]) == 0


def test_ones_own_file_of_pairs(data: Path, tmp_path: Path, capsys: Capture) -> None:
    rows = (data / "glue" / "rte" / "train.tsv").read_text("utf-8").splitlines()
    path = tmp_path / "mine.tsv"
    path.write_text("".join(" ||| ".join(row.rsplit("\t", 1)) + "\n" for row in rows), "utf-8")
    assert train(data, str(path), tmp_path / "run", *pieces(data)) == 0
    model, _ = load_model(tmp_path / "run" / "spiking")
    assert isinstance(model.network.node("positions"), AddPlaces)
    # other rows, one of which is no pair
    wrong = tmp_path / "wrong.tsv"
    wrong.write_text(path.read_text("utf-8") + "0\tno pair\n", "utf-8")
    assert main(["evaluate", str(tmp_path / "run"), "--data", str(wrong)]) == 2
    assert "expected a pair of texts" in capsys.readouterr().err


def test_a_score_of_the_task_chooses_the_epoch_and_is_shown(
    data: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "run"
    assert train(data, "cola", out, *pieces(data)) == 0
    capsys.readouterr()
    results = json.loads((out / "results.json").read_text())
    assert results["data"]["scores"] == ["matthews", "accuracy"]
    own = results["spiking"]
    assert own["test_trivial_scores"] == {"matthews": 0.0, "accuracy": 0.75}
    assert set(own["dev_task_scores"]) == set(own["test_task_scores"]) == {"matthews", "accuracy"}
    assert own["test_task_scores"]["accuracy"] == own["test_accuracy"]
    assert set(own["baseline"]["test_task_scores"]) == {"matthews", "accuracy"}
    assert main(["evaluate", str(out), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["task_scores"] == own["test_task_scores"]
    assert main(["evaluate", str(out)]) == 0
    assert "Matthews correlation " in capsys.readouterr().out
    assert main(["report", str(out)]) == 0
    page = (out / "report.html").read_text("utf-8")
    assert "Matthews correlation (one answer always: 0.0 %)" in page
    assert "dev_matthews" in (out / "spiking" / "train.csv").read_text("utf-8").splitlines()[0]


def test_grades_are_learned_and_correlated(data: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "run"
    assert train(data, "stsb", out, *pieces(data)) == 0
    own = json.loads((out / "results.json").read_text())["spiking"]
    assert set(own["test_task_scores"]) == {"pearson", "spearman"}
    assert own["test_trivial_scores"] == {"pearson": 0.0, "spearman": 0.0}
    rows = (data / "glue" / "stsb" / "test.tsv").read_text("utf-8").splitlines()
    texts = [" ||| ".join(row.split("\t")[1:]) for row in rows]
    capsys.readouterr()
    assert main(["predict", str(out), *texts, "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    shares = [row["probabilities"]["alike"] for row in found]
    pearson = np.corrcoef(shares, [float(row.split("\t")[0]) for row in rows])[0, 1]
    assert own["test_task_scores"]["pearson"] == pytest.approx(pearson, abs=1e-4)
    assert main(["evaluate", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["task_scores"] == own["test_task_scores"]


def test_what_grades_do_not_go_with(data: Path, tmp_path: Path, capsys: Capture) -> None:
    for more in ("--class-weights true", "--label-smoothing 0.1", "--r-drop 1"):
        assert train(data, "stsb", tmp_path / "run", *pieces(data), *more.split()) == 2
        assert "expected the usual loss, and no teacher" in capsys.readouterr().err
    assert train(data, "stsb", tmp_path / "run", *pieces(data), "--force") == 0
    own = tmp_path / "own.tsv"
    own.write_text("alike\ta ||| a\ndifferent\ta ||| film\n", "utf-8")
    assert main(["evaluate", str(tmp_path / "run"), "--data", str(own)]) == 2
    assert "expected a split of the run's own data set" in capsys.readouterr().err


def test_a_text_cnn_of_grades_is_tuned_by_them_where_nothing_is_said(
    data: Path, tmp_path: Path, capsys: Capture
) -> None:
    run = tmp_path / "run"
    small = ["--widths", "2", "--channels", "4", "--dim", "4", "--vectors", "random"]
    assert train(data, "stsb", run, *small) == 0
    assert main(["convert", str(run), "--quiet"]) == 0
    assert main(["finetune", str(run), "--quiet", "--epochs", "1", "--tensorboard", "false"]) == 0
    results = json.loads((run / "results.json").read_text())
    assert set(results["finetuned"]["test_task_scores"]) == {"pearson", "spearman"}
    capsys.readouterr()
    assert main(["finetune", str(run), "--teacher", "ann", "--force"]) == 2
    assert "and no teacher" in capsys.readouterr().err
