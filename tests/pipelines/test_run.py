"""The whole job through the command line, in English and Chinese, with the least settings."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snnconvert.attacks import attacker
from snnconvert.installation import install_hint
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.convert import convert as convert_module
from snnconvert.pipelines.training import loop
from snnconvert.tests.helpers.chance import without_chance

pytestmark = pytest.mark.usefixtures("one_thread")

DATA = ["--limit", "60", "--dim", "8", "--max-length", "24"]
NETWORK = ["--widths", "2,3", "--channels", "6", "--epochs", "2"]
SETTINGS = """
limit: 60
dim: 8
max_length: 24
steps: 3
train: {widths: [2, 3], channels: 6, epochs: 2}
finetune: {epochs: 1}
attack: {examples: 4, query_budget: 40, controls: [none]}
"""
ATTACKS = {"en": "deepwordbug", "zh": "zh-homophone"}
MODELS = ("ann", "snn", "finetuned")
Capture = pytest.CaptureFixture[str]


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
    assert list(found) == ["data", *MODELS, "energy", "attack"]
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
        (attacker, "load_textattack"),
    ):
        monkeypatch.setattr(owner, name, never)
    for _ in range(2):
        assert main([*words(language), "--out", str(run)]) == 0
        printed, said = capsys.readouterr()
        for stage in ("ann", "snn", "finetuned", "attack"):
            assert f"{stage}: already done in {run}" in said.splitlines()
        assert "  epoch" not in said and "made again" not in said
        assert "Fine-tuned SNN" in printed and ATTACKS[language] in printed
        shown.append(printed)
    assert shown[0] == shown[1]
    after = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    assert {p.name for p in before if before[p] != after[p]} <= {"report.html"}
    assert before.keys() == after.keys()


@pytest.mark.long
def test_command_by_command_is_the_same(wholes: dict[str, Path], tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    assert main(["train", "--out", run, *DATA, *NETWORK]) == 0
    assert main(["convert", run, "--steps", "3"]) == 0
    assert main(["finetune", run, "--epochs", "1"]) == 0
    assert main(["energy", run]) == 0
    options = ["--presets", "deepwordbug", "--examples", "4", "--query-budget", "40"]
    options += ["--controls", "none"]
    assert main(["attack", run, *options]) == 0
    assert timeless(results(tmp_path / "run")) == timeless(results(wholes["en"]))


def test_attack_stopped_and_started(
    wholes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    run = tmp_path / "run"
    shutil.copytree(wholes["en"], run)
    expected = results(run)["attack"]
    attack = ["attack", str(run), "--presets", "deepwordbug", "--examples", "4"]
    attack += ["--query-budget", "40", "--controls", "none"]
    record, attacked = attacker.Attacker.record, 0

    def stopping(self: Any, example: Any) -> Any:
        nonlocal attacked
        attacked += 1
        if attacked in (3, 5, 9):
            raise KeyboardInterrupt
        return record(self, example)

    monkeypatch.setattr(attacker.Attacker, "record", stopping)
    assert main([*attack, "--force"]) == 130
    said = without_chance(capsys.readouterr().err)
    assert said.startswith("so far:") and "ANN     deepwordbug  2" in said, "two texts were done"
    assert said.splitlines()[-1].startswith("snnconvert: interrupted; the same command without")
    assert "attack" not in results(run)
    assert [main(attack) for _ in range(3)] == [130, 130, 0]
    assert attacked == 15  # twelve, and three that were stopped
    assert timeless(results(run)["attack"]) == timeless(expected)


def test_force_drops_what_builds_on_it(wholes: dict[str, Path], tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(wholes["zh"], run)
    assert main(["convert", str(run), "--steps", "2", "--force"]) == 0
    found = results(run)
    assert set(found) == {"data", "ann", "snn", "attack"} and found["snn"]["steps"] == 2
    assert {row["victim"] for row in found["attack"]["rows"]} == {"ann"}
    assert not any((run / name).exists() for name in ("finetuned", "energy", "report.html"))
    train = ["train", "--out", str(run), "--dataset", "builtin-zh", *DATA, *NETWORK]
    before = found["ann"]
    assert main([*train, "--force"]) == 0
    assert list(results(run)) == ["data", "ann"]
    assert not any((run / name).exists() for name in ("snn", "attack"))
    assert timeless(results(run)["ann"]) == timeless(before)


def test_force_with_bad_data_drops_nothing(copy: Path, capsys: Capture) -> None:
    before = (copy / "results.json").read_bytes()
    assert main(["train", "--out", str(copy), "--dataset", "none.tsv", "--force"]) == 2
    assert (copy / "results.json").read_bytes() == before and (copy / "snn").exists()


def test_a_typo_does_not_bind_the_folder(tmp_path: Path, capsys: Capture) -> None:
    train = ["train", "--out", str(tmp_path / "run"), *DATA, *NETWORK]
    assert main([*train, "--vectors", str(tmp_path / "typo.txt")]) == 2
    assert main([*train, "--vectors", "random"]) == 0


@pytest.mark.long
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
    assert "left out" in said and install_hint("attack") in said
    assert "attack" not in results(tmp_path / "run") and "under attack" not in printed
