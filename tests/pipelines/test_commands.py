"""Commands of a run one by one: evaluate, predict, convert, data, doctor; options and places."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from snnconvert.models.saving import load_model
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.data import load_run_data
from snnconvert.pipelines.display import names
from snnconvert.pipelines.run_folder.run_folder import RunFolder

pytestmark = pytest.mark.usefixtures("one_thread")

DATA = ["--limit", "60", "--dim", "8", "--max-length", "24"]
NETWORK = ["--widths", "2,3", "--channels", "6", "--epochs", "2"]
MODELS = ("ann", "snn", "finetuned")
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def copy(tiny_run: Path, tmp_path: Path) -> Path:
    """A run without attack that a test may change."""
    shutil.copytree(tiny_run, tmp_path / "run")
    return tmp_path / "run"


def results(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "results.json").read_text("utf-8")))


def printed_json(capture: Capture) -> Any:
    printed, said = capture.readouterr()
    assert said == ""
    return json.loads(printed)


@pytest.mark.parametrize("model", MODELS)
def test_evaluate_finds_the_same(model: str, tiny_run: Path, capsys: Capture) -> None:
    for split in ("dev", "test"):
        assert main(["evaluate", str(tiny_run), "--model", model, "--split", split, "--json"]) == 0
        found = printed_json(capsys)
        assert found["accuracy"] == results(tiny_run)[model][f"{split}_accuracy"]
        assert found["texts"] == 60
    if model != "ann":
        assert found["accuracy_by_step"] == results(tiny_run)[model]["accuracy_by_step"]
    assert main(["evaluate", str(tiny_run), "--model", model]) == 0
    assert capsys.readouterr().out.startswith(f"{names.title(model)} on test, 60 texts\n")


def test_evaluate_and_predict_take_the_last_model(copy: Path, capsys: Capture) -> None:
    for model in reversed(MODELS):
        assert main(["evaluate", str(copy), "--json"]) == 0
        assert printed_json(capsys)["model"] == model
        found = results(copy)
        del found[model]
        (copy / "results.json").write_text(json.dumps(found))


def test_evaluate_a_file(copy: Path, tmp_path: Path, capsys: Capture) -> None:
    """Labels by name and by number."""
    path = tmp_path / "own.tsv"
    path.write_text("positive\ta good cake\n0\ta bad soup\n1\t\n", "utf-8")
    assert main(["evaluate", str(copy), "--data", str(path), "--json"]) == 0
    printed, said = capsys.readouterr()
    assert json.loads(printed)["texts"] == 3 and said.endswith("3 texts; 1 texts are empty\n")


def test_evaluate_says_which_texts_of_a_file_the_run_has_seen(
    copy: Path, tmp_path: Path, capsys: Capture
) -> None:
    data = load_run_data(RunFolder(copy))
    lines = [f"{data.train.labels[i]}\t{data.train.texts[i].upper()}" for i in range(5)]
    lines += [f"{data.dev.labels[i]}\t {data.dev.texts[i]}" for i in range(2)]
    own = tmp_path / "own.tsv"
    own.write_text("\n".join([*lines, "0\ta cake that nobody has seen\n"]), "utf-8")
    assert main(["evaluate", str(copy), "--data", str(own), "--json", "--quiet"]) == 0
    printed, said = capsys.readouterr()
    assert json.loads(printed)["seen"] == {"train": 5, "dev": 2}
    assert "of these 8 texts 5 are in the run's train split and 2 in its dev split" in said
    own.write_text("0\ta cake that nobody has seen\n", "utf-8")
    assert main(["evaluate", str(copy), "--data", str(own), "--json"]) == 0
    printed, said = capsys.readouterr()
    assert json.loads(printed)["seen"] == {"train": 0, "dev": 0} and "split" not in said
    assert main(["evaluate", str(copy), "--json"]) == 0
    assert "seen" not in json.loads(capsys.readouterr().out)


def test_a_file_is_measured_where_the_data_of_the_run_are_not_here(
    tmp_path: Path, capsys: Capture
) -> None:
    own, run = tmp_path / "own.tsv", str(tmp_path / "run")
    rows = [(i % 2, f"the {'good' if i % 2 else 'bad'} cake {i}") for i in range(40)]
    own.write_text("".join(f"{label}\t{text}\n" for label, text in rows), "utf-8")
    train = ["train", "--out", run, "--dataset", str(own), "--vectors", "random", "--dim", "4"]
    assert main([*train, "--channels", "4", "--epochs", "1", "--tensorboard", "no"]) == 0
    other = own.rename(tmp_path / "other.tsv")
    other.write_text("1\tthe good cake 1\n", "utf-8")
    capsys.readouterr()
    assert main(["evaluate", run, "--data", str(other), "--json"]) == 0
    assert "seen" not in json.loads(capsys.readouterr().out)


def test_evaluate_a_file_of_another_form(copy: Path, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes("a|b|c\npositive|1|a good caf\xe9\nnegtive|2|a bad soup\n".encode("cp1252"))
    given = ["--data", str(path), "--label-column", "a", "--text-column", "c"]
    given += ["--delimiter", "pipe", "--encoding", "cp1252"]
    assert main(["evaluate", str(copy), *given]) == 2
    assert "row 2 has 'negtive'; did you mean negative?" in capsys.readouterr().err
    path.write_bytes(path.read_bytes().replace(b"negtive", b"negative"))
    assert main(["evaluate", str(copy), *given]) == 0
    assert "labels are in column a, texts in column c" in capsys.readouterr().err
    assert main(["evaluate", str(copy), "--delimiter", "pipe"]) == 2
    assert "--delimiter with --data FILE only" in capsys.readouterr().err


def test_evaluate_a_file_whose_classes_are_numbers(tmp_path: Path, capsys: Capture) -> None:
    """The classes are named 1 and 2: a label 1 is the class of that name, not the second."""
    rows = [(1 + i % 2, f"the {'good' if i % 2 else 'bad'} cake {i}") for i in range(40)]
    own = tmp_path / "own.tsv"
    own.write_text("".join(f"{label}\t{text}\n" for label, text in rows), "utf-8")
    run = str(tmp_path / "run")
    train = ["train", "--out", run, "--dataset", str(own), "--vectors", "random", "--dim", "8"]
    train += ["--channels", "8", "--widths", "2", "--epochs", "10", "--patience", "10"]
    assert main([*train, "--batch-size", "4", "--lr", "0.05", "--tensorboard", "no"]) == 0
    capsys.readouterr()
    assert main(["evaluate", run, "--data", str(own), "--json"]) == 0
    printed, said = capsys.readouterr()
    assert json.loads(printed)["accuracy"] > 0.9 and "in the run's train split" in said
    own.write_text("0\tthe good cake\n", "utf-8")
    assert main(["evaluate", run, "--data", str(own)]) == 2


@pytest.mark.parametrize("model", MODELS)
def test_predict_any_text(model: str, tiny_run: Path, capsys: Capture) -> None:
    texts = ["", "   ", "xyzzy plugh", "🙂👩‍👩‍👧", "好吃", "a", "good " * 500, "a\nb", "\ud800"]
    assert main(["predict", str(tiny_run), "--model", model, "--json", "--", *texts]) == 0
    printed, said = capsys.readouterr()
    rows = [json.loads(line) for line in printed.splitlines()]
    # the joiners of an emoji are characters that nobody sees
    assert said == "1 of 9 texts made alike: invisible characters left out of 1\n"
    assert [row["text"] for row in rows] == texts
    for row in rows:
        assert row["class"] in ("negative", "positive")
        assert sum(row["probabilities"].values()) == pytest.approx(1)
    assert main(["predict", str(tiny_run), "--model", model, "good"]) == 0
    name, probability, text = capsys.readouterr().out.strip().split("\t")
    assert name in ("negative", "positive") and 0.5 <= float(probability) <= 1 and text == "good"


@pytest.mark.parametrize("mapping", ["auto", "split", "shift", "none"])
@pytest.mark.parametrize("encoder", ["saf", "bitplane", "poisson", "direct"])
def test_every_encoder_with_every_mapping(
    encoder: str, mapping: str, copy: Path, capsys: Capture
) -> None:
    words = ["convert", str(copy), "--steps", "3", "--force"]
    code = main([*words, "--encoder", encoder, "--mapping", mapping])
    if mapping == "none" and encoder != "direct":
        assert code == 2
        return
    assert code == 0
    capsys.readouterr()
    figures = results(copy)["snn"]
    assert len(figures["accuracy_by_step"]) == 3
    assert (figures["input_spikes_per_sample"] > 0) == (encoder != "direct")
    assert main(["evaluate", str(copy), "--json"]) == 0
    assert printed_json(capsys)["accuracy_by_step"] == figures["accuracy_by_step"]
    report = json.loads((copy / "snn" / "conversion.json").read_text("utf-8"))
    used = {"auto": "none" if encoder == "direct" else "split"}.get(mapping, mapping)
    chosen = report["recipe"]["encoder"]
    assert (chosen.pop("gain", 1) > 1) == (encoder in ("saf", "bitplane"))  # the codes that round
    assert chosen == {"code": encoder, "mapping": used}
    assert {row["name"] for row in report["layers"]} >= {"conv2", "act2", "pool3", "readout"}


@pytest.mark.parametrize("threshold", ["max", "percentile"])
@pytest.mark.parametrize("granularity", ["layer", "channel"])
def test_relu_with_mean_pooling(threshold: str, granularity: str, tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    options = ["--activation", "relu", "--pooling", "mean", "--tensorboard", "false"]
    assert main(["train", "--out", run, *DATA, *NETWORK, *options]) == 0
    convert = [
        "convert",
        run,
        "--threshold",
        threshold,
        "--granularity",
        granularity,
        "--reset",
        "soft",
    ]
    assert main(convert) == 0
    assert main(["finetune", run, "--epochs", "1", "--tensorboard", "false"]) == 0
    assert list(results(tmp_path / "run")) == ["data", *MODELS]


def test_class_weights_vectors_and_spike_counts(tmp_path: Path, capsys: Capture) -> None:
    """Three classes of unequal size, trained vectors, loss on spike counts; a gzipped CSV file."""
    path = tmp_path / "own.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["text", "label"])
        for i in range(90):
            label = "low" if i % 9 < 2 else "high" if i % 9 < 4 else "middle"
            rows.writerow([f'a {label}, "quoted" text number {i}', label])
    run = tmp_path / "run"
    options = ["--dataset", str(path), "--vectors", "random", "--dim", "8"]
    weights = ["--class-weights", "true"]
    vectors = ["--train-vectors", "true"]
    assert main(["train", "--out", str(run), *options, *NETWORK, *weights, *vectors]) == 0
    assert main(["convert", str(run), "--steps", "3"]) == 0
    loss = ["--loss", "spike_counts", "--surrogate", "triangle", "--dropout", "0.2"]
    assert main(["finetune", str(run), "--epochs", "1", *loss, *weights]) == 0
    capsys.readouterr()
    found = results(run)
    assert found["data"]["classes"] == ["high", "low", "middle"]
    assert "80/10/10" in found["data"]["split_rule"]
    assert found["finetuned"]["steps"] == 3
    network = load_model(run / "finetuned")[0].network
    assert network.output == "output" and "dropout" not in network.inputs
    for model in MODELS:
        assert main(["evaluate", str(run), "--model", model, "--json"]) == 0
        assert printed_json(capsys)["accuracy"] == found[model]["test_accuracy"]


def test_jsonl_by_path_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A relative path is good from everywhere afterwards."""
    rows = [{"label": i % 2, "text": f"这{'好' if i % 2 else '坏'}菜{i}"} for i in range(40)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "own.jsonl").write_text(lines, "utf-8")
    monkeypatch.chdir(tmp_path)
    train = ["train", "--dataset", "own.jsonl", "--out", "run", "--vectors", "random"]
    assert main([*train, "--dim", "8", *NETWORK]) == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["convert", "../run"]) == 0
    assert results(tmp_path / "run")["data"]["language"] == "zh"


def test_a_named_set_whose_folder_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    folder = tmp_path / "data" / "mr"
    folder.mkdir(parents=True)
    rows = "".join(f"{i % 2}\tthe {'good' if i % 2 else 'bad'} film {i}\n" for i in range(60))
    (folder / "all.tsv").write_text(rows, "utf-8")
    run = str(tmp_path / "run")
    train = ["train", "--dataset", "mr", "--out", run, "--vectors", "random", "--dim", "8"]
    train += NETWORK
    assert main([*train, "--data-dir", str(tmp_path / "data")]) == 0
    (tmp_path / "data").rename(tmp_path / "moved")
    assert main(["convert", run]) == 2
    monkeypatch.setenv("SNNCONVERT_DATA", str(tmp_path / "moved"))
    assert main(["convert", run]) == 0
    assert main(train) == 0  # where the texts lie does not make it another run


def test_the_data_folder_does_not_matter_to_a_built_in_set(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = ["train", "--out", str(copy), "--limit", "60", "--dim", "8", "--max-length", "20"]
    monkeypatch.setenv("SNNCONVERT_DATA", str(tmp_path))
    assert main([*train, *NETWORK, "--tensorboard", "false"]) == 0


def test_bars_on_a_terminal_and_only_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    train = ["train", "--out", str(tmp_path / "a"), *DATA, *NETWORK]
    assert main(train) == 0
    said = capsys.readouterr().err
    assert "train  epoch 2/2" in said and "%|" not in said and "\r" not in said
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    train[2] = str(tmp_path / "b")
    assert main(train) == 0
    assert main(["convert", str(tmp_path / "b")]) == 0
    assert main(["finetune", str(tmp_path / "b"), "--epochs", "1"]) == 0
    said = capsys.readouterr().err
    for title in ("segment", "train epoch 1/2", "train epoch 2/2", "snn on test", "finetune epoch"):
        assert title in said


def test_data_list(capsys: Capture, tmp_path: Path) -> None:
    assert main(["data", "list", "--data-dir", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    rows = {line.split()[0]: line.split() for line in printed.splitlines()[2:]}
    assert rows["builtin-en"][3] == "yes" and rows["waimai"][1:4] == ["zh", "2", "no"]


def test_doctor(capsys: Capture, tmp_path: Path) -> None:
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for name in ("python", "torch", "spikingjelly", "textattack", "gpu", "data", "stopwords"):
        assert any(line.startswith(name) for line in printed.splitlines()), name
    assert main(["doctor", "--data-dir", str(tmp_path / "none")]) == 1
    assert "is not a folder" in capsys.readouterr().out


def test_output_into_a_closed_pipe(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "snnconvert", "data", "list"]
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, cwd=tmp_path, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")
