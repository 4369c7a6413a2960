"""The whole job through the command line, in English and Chinese, with the least settings."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from snnconvert.attacks import runs
from snnconvert.convert.artefacts import load_model
from snnconvert.pipelines import convert as convert_module
from snnconvert.pipelines import loop
from snnconvert.pipelines.cli import main

DATA = ["--limit", "60", "--dim", "8", "--max-length", "24"]
NETWORK = ["--widths", "2,3", "--channels", "6", "--epochs", "2"]
SETTINGS = """
limit: 60
dim: 8
max_length: 24
steps: 3
train: {widths: [2, 3], channels: 6, epochs: 2}
finetune: {epochs: 1}
attack: {examples: 4, query_budget: 40}
"""
ATTACKS = {"en": "deepwordbug", "zh": "zh-homophone"}
MODELS = ("ann", "snn", "finetuned")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """The run command of a language, but for its --out."""
    path = tmp_path_factory.mktemp("settings") / "tiny.yaml"
    path.write_text(SETTINGS)

    def make(language: str) -> list[str]:
        options = ["--dataset", f"builtin-{language}", "--attack.presets", ATTACKS[language]]
        return ["run", "--config", str(path), *options]

    return make


@pytest.fixture(scope="module")
def wholes(
    words: Callable[[str], list[str]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A whole run in each language."""
    folder = tmp_path_factory.mktemp("wholes")
    for language in ATTACKS:
        assert main([*words(language), "--out", str(folder / language)]) == 0
    return {language: folder / language for language in ATTACKS}


@pytest.fixture
def copy(tiny_run: Path, tmp_path: Path) -> Path:
    """A run without attack that a test may change."""
    shutil.copytree(tiny_run, tmp_path / "run")
    return tmp_path / "run"


def results(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "results.json").read_text("utf-8")))


def timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: timeless(v) for k, v in value.items() if k != "seconds"}
    return [timeless(v) for v in value] if isinstance(value, list) else value


def printed_json(capture: Capture) -> Any:
    printed, said = capture.readouterr()
    assert said == ""
    return json.loads(printed)


def never(*_: object) -> None:
    raise AssertionError("it was done again")


@pytest.mark.parametrize("language", ATTACKS)
def test_files_and_figures(language: str, wholes: dict[str, Path]) -> None:
    run = wholes[language]
    names = ["config.yaml", "results.json", "report.html", "text/stage.json", "text/vocabulary.txt"]
    names += [f"{m}/{n}" for m in MODELS for n in ("spec.json", "weights.safetensors")]
    names += [f"attack/{model}.{ATTACKS[language]}.jsonl" for model in MODELS]
    names += ["ann/train.csv", "finetuned/finetune.csv", "snn/conversion.json"]
    assert [name for name in names if not (run / name).is_file()] == []
    assert not list(run.rglob("*.checkpoint.*")) and not list(run.rglob("*.tmp"))
    assert list((run / "ann" / "tensorboard" / "train").glob("events.*"))

    found = results(run)
    assert list(found) == ["data", *MODELS, "attack"]
    assert found["data"]["language"] == language and len(found["data"]["sha256"]) == 64
    for model in MODELS:
        figures = found[model]
        assert 0 <= figures["dev_accuracy"] <= 1 and 0 <= figures["test_accuracy"] <= 1
        assert figures["seconds"] >= 0
        # accuracies of 60 texts are multiples of 1/60, not rounded to single precision
        assert abs(figures["test_accuracy"] * 60 - round(figures["test_accuracy"] * 60)) < 1e-9
        if model != "ann":
            assert figures["steps"] == len(figures["accuracy_by_step"]) == 3
            assert figures["accuracy_by_step"][-1] == figures["test_accuracy"]
            assert figures["input_spikes_per_sample"] > 0 and figures["sops_per_sample"] > 0
    rows = found["attack"]["rows"]
    assert [(row["victim"], row["attack"]) for row in rows] == [
        (model, ATTACKS[language]) for model in MODELS
    ]
    assert all(row["n"] == 4 and row["queries"] is not None for row in rows)
    assert found["ann"]["epochs"] == 2 and found["attack"]["query_budget"] == 40


@pytest.mark.parametrize("language", ATTACKS)
def test_again_does_nothing(
    language: str,
    words: Callable[[str], list[str]],
    wholes: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    run = wholes[language]
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    shown = []
    for owner, name in (
        (loop.Loop, "run"),
        (convert_module, "convert_model"),
        (runs, "load_textattack"),
    ):
        monkeypatch.setattr(owner, name, never)
    for _ in range(2):
        assert main([*words(language), "--out", str(run)]) == 0
        printed, said = capsys.readouterr()
        assert said == "" and "SNN fine-tuned" in printed and ATTACKS[language] in printed
        shown.append(printed)
    assert shown[0] == shown[1]
    after = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    assert {p.name for p in before if before[p] != after[p]} <= {"report.html"}
    assert before.keys() == after.keys()


def test_command_by_command_is_the_same(wholes: dict[str, Path], tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    assert main(["train", "--out", run, *DATA, *NETWORK]) == 0
    assert main(["convert", run, "--steps", "3"]) == 0
    assert main(["finetune", run, "--epochs", "1"]) == 0
    options = ["--presets", "deepwordbug", "--examples", "4", "--query-budget", "40"]
    assert main(["attack", run, *options]) == 0
    assert timeless(results(tmp_path / "run")) == timeless(results(wholes["en"]))


def test_attack_stopped_and_started(
    wholes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    run = tmp_path / "run"
    shutil.copytree(wholes["en"], run)
    expected = results(run)["attack"]
    attack = ["attack", str(run), "--presets", "deepwordbug", "--examples", "4"]
    attack += ["--query-budget", "40"]
    record, attacked = runs._Attacker.record, 0

    def stopping(self: Any, example: Any) -> Any:
        nonlocal attacked
        attacked += 1
        if attacked in (3, 5, 9):
            raise KeyboardInterrupt
        return record(self, example)

    monkeypatch.setattr(runs._Attacker, "record", stopping)
    assert main([*attack, "--force"]) == 130
    said = capsys.readouterr().err
    assert said == "snnconvert: interrupted; the same command without --force goes on from here\n"
    assert "attack" not in results(run)
    assert [main(attack) for _ in range(3)] == [130, 130, 0]
    assert attacked == 15  # twelve, and three that were stopped
    assert timeless(results(run)["attack"]) == timeless(expected)


def test_force_drops_what_builds_on_it(wholes: dict[str, Path], tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(wholes["zh"], run)
    assert main(["convert", str(run), "--steps", "2", "--force"]) == 0
    found = results(run)
    assert list(found) == ["data", "ann", "snn"] and found["snn"]["steps"] == 2
    assert not any((run / name).exists() for name in ("finetuned", "attack", "report.html"))
    train = ["train", "--out", str(run), "--dataset", "builtin-zh", *DATA, *NETWORK]
    before = found["ann"]
    assert main([*train, "--force"]) == 0
    assert list(results(run)) == ["data", "ann"] and not (run / "snn").exists()
    assert timeless(results(run)["ann"]) == timeless(before)


def test_force_with_bad_data_drops_nothing(copy: Path, capsys: Capture) -> None:
    before = (copy / "results.json").read_bytes()
    assert main(["train", "--out", str(copy), "--dataset", "none.tsv", "--force"]) == 2
    assert (copy / "results.json").read_bytes() == before and (copy / "snn").exists()


def test_a_typo_does_not_bind_the_folder(tmp_path: Path, capsys: Capture) -> None:
    train = ["train", "--out", str(tmp_path / "run"), *DATA, *NETWORK]
    assert main([*train, "--vectors", str(tmp_path / "typo.txt")]) == 2
    assert main([*train, "--vectors", "random"]) == 0


def test_without_textattack_the_attack_is_left_out(
    words: Callable[[str], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, package=None: None if name == "textattack" else found(name, package),
    )
    assert main([*words("en"), "--out", str(tmp_path / "run")]) == 0
    printed, said = capsys.readouterr()
    assert "left out" in said and 'pip install "snnconvert[attack]"' in said
    assert "attack" not in results(tmp_path / "run") and "under attack" not in printed


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
    assert capsys.readouterr().out.startswith(f"{model} on test, 60 texts\n")


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
    assert printed_json(capsys)["texts"] == 3


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
    assert printed_json(capsys)["accuracy"] > 0.9
    own.write_text("0\tthe good cake\n", "utf-8")
    assert main(["evaluate", run, "--data", str(own)]) == 2


@pytest.mark.parametrize("model", MODELS)
def test_predict_any_text(model: str, tiny_run: Path, capsys: Capture) -> None:
    texts = ["", "   ", "xyzzy plugh", "🙂👩‍👩‍👧", "好吃", "a", "good " * 500, "a\nb", "\ud800"]
    assert main(["predict", str(tiny_run), "--model", model, "--json", "--", *texts]) == 0
    printed, said = capsys.readouterr()
    rows = [json.loads(line) for line in printed.splitlines()]
    assert said == "" and [row["text"] for row in rows] == texts
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
    assert report["recipe"]["encoder"] == {"code": encoder, "mapping": used}
    assert {row["name"] for row in report["layers"]} >= {"conv2", "act2", "pool3", "readout"}


@pytest.mark.parametrize("threshold", ["max", "percentile"])
@pytest.mark.parametrize("grain", ["layer", "channel"])
def test_relu_with_mean_pooling(threshold: str, grain: str, tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    options = ["--activation", "relu", "--pooling", "mean", "--tensorboard", "false"]
    assert main(["train", "--out", run, *DATA, *NETWORK, *options]) == 0
    convert = ["convert", run, "--threshold", threshold, "--grain", grain, "--reset", "soft"]
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
    assert capsys.readouterr().err == ""
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
