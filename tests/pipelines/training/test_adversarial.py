"""Adversarial fine-tuning as a user runs it, and its parts; textattack takes 10 s to import."""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from snnconvert.attacks.assets import nltk as environment
from snnconvert.attacks.records import read_records
from snnconvert.files import load_tensors
from snnconvert.installation import install_hint
from snnconvert.models.saving import load_model, weights_hash
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.data import load_run_texts
from snnconvert.pipelines.finetune import adversarial, attacked_rounds
from snnconvert.pipelines.finetune.adversarial_texts import (
    outcome,
)
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.training import loop, text_loop
from snnconvert.tests.helpers.adversarial import DATA, TRAIN, TUNE, results
from snnconvert.tests.helpers.report import RESULTS

pytestmark = pytest.mark.usefixtures("one_thread")

STAGES = ("ann-adversarial", "snn-adversarial")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with ANN (80 % right) and converted SNN."""
    run = tmp_path_factory.mktemp("base") / "run"
    assert main(["train", "--out", str(run), *DATA, *TRAIN]) == 0
    assert main(["convert", str(run), "--steps", "3"]) == 0
    return run


@pytest.fixture(scope="module")
def tuned(base: Path, tmp_path_factory: pytest.TempPathFactory, textattack: Any) -> Path:
    """The run with both adversarially tuned models; never stopped."""
    run = tmp_path_factory.mktemp("tuned") / "run"
    shutil.copytree(base, run)
    assert main(["finetune", str(run), *TUNE]) == 0
    return run


@pytest.fixture
def copy(tuned: Path, tmp_path: Path) -> Path:
    shutil.copytree(tuned, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def fresh(base: Path, tmp_path: Path) -> Path:
    shutil.copytree(base, tmp_path / "run")
    return tmp_path / "run"


def timeless(figures: Any) -> Any:
    return json.loads(json.dumps(figures), object_hook=lambda d: {**d, "seconds": 0})


def read(run: Path, stage: str, split: str, number: int) -> list[Any]:
    return read_records(run / stage / "attacked" / f"{split}-{number}.deepwordbug.jsonl")[1]


@pytest.mark.long
def test_both_models_are_made_beside_those_they_come_from(base: Path, tuned: Path) -> None:
    found = results(tuned)
    assert list(found) == ["data", "ann", "snn", *STAGES]
    for stage in STAGES:
        name = stage.split("-")[0]
        assert weights_hash(tuned / name) == weights_hash(base / name)
        assert found[name] == results(base)[name]
        before, after = (
            load_tensors(tuned / folder / "weights.safetensors") for folder in (name, stage)
        )
        assert before.keys() == after.keys()
        assert torch.equal(before["embedding.weight"], after["embedding.weight"])
        moved = [n for n in before if not torch.equal(before[n], after[n])]
        if found[stage]["adversarial"]["best_round"]:
            assert any("conv" in n for n in moved) and any("readout" in n for n in moved)
        else:
            assert moved == []
        left = {path.name for path in (tuned / stage / "rounds").rglob("*") if path.is_file()}
        assert left == {"finetune.csv", "training.json"}
    assert any(found[stage]["adversarial"]["best_round"] for stage in STAGES)
    assert RunFolder(tuned).last_model() == "snn"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.long
def test_every_round_attacks_the_model_that_it_trains(stage: str, tuned: Path) -> None:
    hashes: dict[str, list[str]] = {"train": [], "dev": []}
    for split, count in (("train", 2), ("dev", 3)):
        for number in range(count):
            path = tuned / stage / "attacked" / f"{split}-{number}.deepwordbug.jsonl"
            settings = read_records(path)[0]["configuration"]["settings"]
            assert settings["split"] == split
            hashes[split].append(settings["weights"])
    assert hashes["dev"][:2] == hashes["train"]
    rounds = results(tuned)[stage]["adversarial"]["rounds"]
    for before, after, row in zip(hashes["dev"], hashes["dev"][1:], rounds[1:], strict=False):
        assert (before != after) == (row["best_epoch"] > 0)  # or else no epoch was better
    assert rounds[1]["best_epoch"] > 0
    assert hashes["dev"][0] == weights_hash(tuned / stage.split("-")[0])[:16]
    best = results(tuned)[stage]["adversarial"]["best_round"]
    assert hashes["dev"][best] == weights_hash(tuned / stage)[:16]


@pytest.mark.parametrize("stage", STAGES)
def test_the_figures_say_what_came_out(stage: str, tuned: Path) -> None:
    figures = results(tuned)[stage]
    facts = figures["adversarial"]
    assert facts["attacks"] == ["deepwordbug"]
    rounds = facts["rounds"]
    assert [row["round"] for row in rounds] == [0, 1, 2]
    made = 0
    for row in rounds:
        records = read(tuned, stage, "dev", row["round"])
        assert row["dev"] == {"deepwordbug": outcome(records)}
        kept = sum(r.status != "skipped" and not r.verified for r in records)
        assert row["accuracy_under_attack"] == kept / 16
        clean, under = row["dev_accuracy"], row["accuracy_under_attack"]
        assert row["dev_score"] == pytest.approx((clean + under) / 2, abs=1e-12)
        if row["round"] < 2:
            records = read(tuned, stage, "train", row["round"])
            assert row["train"] == {"deepwordbug": outcome(records)}
            made += sum(r.verified for r in records)
    assert facts["texts"] == made > 6
    assert rounds[0]["dev_accuracy"] == results(tuned)[stage.split("-")[0]]["dev_accuracy"]
    best = rounds[facts["best_round"]]
    assert best["dev_score"] == max(row["dev_score"] for row in rounds)
    assert best["dev_accuracy"] == figures["dev_accuracy"]


@pytest.mark.parametrize("stage", STAGES)
def test_the_log_shows_texts_replayed_on_the_model_they_were_made_for(
    stage: str, tuned: Path
) -> None:
    """Before training, those that were broken or wrong are wrong, and all others right."""
    with (tuned / stage / "rounds" / "1" / "finetune.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    start = results(tuned)[stage]["adversarial"]["rounds"][0]
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert float(rows[0]["dev_accuracy"]) == start["dev_accuracy"]
    assert float(rows[0]["replayed_dev_accuracy"]) == start["accuracy_under_attack"]
    best = max(float(row["dev_score"]) for row in rows)
    assert best > float(rows[0]["dev_score"])


def test_the_splits_are_not_mixed_and_test_is_not_touched(tuned: Path) -> None:
    texts = load_run_texts(RunFolder(tuned)).dataset
    drawn: dict[tuple[str, str, int], list[int]] = {}
    for split, counts in (("train", [24, 24]), ("dev", [16, 16, 16])):
        for stage in STAGES:
            for number, count in enumerate(counts):
                records = read(tuned, stage, split, number)
                assert len(records) == count
                assert all(r.text == texts.split(split).texts[r.index] for r in records)
                drawn[stage, split, number] = [r.index for r in records]
    for stage in STAGES:
        assert not set(drawn[stage, "train", 0]) & set(drawn[stage, "train", 1])
        assert drawn[stage, "dev", 0] == drawn[stage, "dev", 1] == drawn[stage, "dev", 2]
        assert drawn[stage, "train", 1] == drawn[STAGES[0], "train", 1]


@pytest.mark.parametrize("stage", STAGES)
def test_the_models_are_models_of_the_run(stage: str, tuned: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert main(["evaluate", str(tuned), "--model", stage, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["accuracy"] == results(tuned)[stage]["test_accuracy"]
    assert main(["predict", str(tuned), "--model", stage, "good"]) == 0
    assert main(["report", str(tuned)]) == 0
    if stage.startswith("snn"):
        assert found["accuracy_by_step"] == results(tuned)[stage]["accuracy_by_step"]
        assert "dropout" not in load_model(tuned / stage)[0].network.inputs


def test_done_is_done_and_other_settings_are_refused(
    copy: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adversarial, "check_assets", lambda names: pytest.fail("not needed"))
    before = (copy / "results.json").read_bytes()
    for words in ([], ["--model", "ann"], ["--model", "snn"]):
        assert main(["finetune", str(copy), *TUNE, *words]) == 0
    assert "Adversarially tuned SNN" in capsys.readouterr().out
    assert main(["finetune", str(copy), *TUNE, "--adversarial-budget", "9"]) == 2
    said = capsys.readouterr().err
    assert "other settings (adversarial_budget was 500, now 9)" in said and "--force" in said
    assert (copy / "results.json").read_bytes() == before


def test_adversarial_texts_enter_the_batches(
    copy: Path, tuned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every epoch shows each clean text once, and the adversarial ones with their true labels."""
    seen: Counter[tuple[tuple[int, ...], int]] = Counter()
    waiting: list[tuple[int, ...]] = []
    to_batch, cross_entropy = text_loop.to_batch, functional.cross_entropy

    def spy(sequences: list[np.ndarray], *where: Any) -> Any:
        waiting.extend(tuple(s.tolist()) for s in sequences)
        return to_batch(sequences, *where)

    def watch(
        outputs: torch.Tensor, labels: torch.Tensor, *more: Any, **named: Any
    ) -> torch.Tensor:
        if outputs.requires_grad:
            seen.update(zip(waiting, labels.tolist(), strict=True))
        waiting.clear()
        return cross_entropy(outputs, labels, *more, **named)

    monkeypatch.setattr(text_loop, "to_batch", spy)
    monkeypatch.setattr(functional, "cross_entropy", watch)
    assert main(["finetune", str(copy), *TUNE, "--model", "ann", "--force"]) == 0
    texts = load_run_texts(RunFolder(copy))
    clean = [tuple(s.tolist()) for s in texts.sequences["train"]]
    expected: Counter[tuple[tuple[int, ...], int]] = Counter()
    wanted: list[tuple[tuple[int, ...], int]] = []
    for number in (0, 1):  # the second round has the texts of both
        verified = [r for r in read(tuned, "ann-adversarial", "train", number) if r.verified]
        encoded = texts.stage.encode([r.adversarial_text for r in verified])
        wanted += [(tuple(s.tolist()), r.label) for s, r in zip(encoded, verified, strict=True)]
        for _ in range(2):
            expected.update(zip(clean, texts.labels["train"], strict=True))
            expected.update(wanted[i % len(wanted)] for i in range(math.ceil(200 * 0.3 / 0.7)))
    assert seen == expected
    # redoing one model leaves the other alone
    assert timeless(results(copy)) == timeless(results(tuned))
    assert (copy / "snn-adversarial" / "weights.safetensors").exists()


@pytest.mark.long
def test_stopped_in_attacks_and_in_trainings(
    fresh: Path, tuned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1.0)
    attack, step = attacked_rounds.run_attack, loop.Loop._step
    stops = [5, 9, 3, 12]  # texts attacked before an interrupt, in turn

    def stopping_attack(classifier: Any, examples: Any, *rest: Any, **more: Any) -> Any:
        if stops:
            attack(classifier, examples[: stops.pop(0)], *rest, **more)
            raise KeyboardInterrupt
        return attack(classifier, examples, *rest, **more)

    steps = [2, 13, 0, 15]

    def stopping_step(self: loop.Loop, indices: list[int]) -> None:
        if steps and not stops and self.state.step == steps[0]:
            steps.pop(0)
            raise KeyboardInterrupt
        step(self, indices)

    monkeypatch.setattr(attacked_rounds, "run_attack", stopping_attack)
    monkeypatch.setattr(loop.Loop, "_step", stopping_step)
    codes = []
    while not codes or codes[-1] == 130:
        codes.append(main(["finetune", str(fresh), *TUNE]))
    assert codes == [130] * 8 + [0]
    assert timeless(results(fresh)) == timeless(results(tuned))
    for stage in STAGES:
        names = [p.relative_to(tuned) for p in (tuned / stage).rglob("*") if p.is_file()]
        for name in names:
            assert (fresh / name).read_bytes() == (tuned / name).read_bytes(), name


REFUSED = [
    ("--adversarial-texts 5", "adversarial_texts only with adversarial"),
    ("--adversarial-share 0.5", "adversarial_share only with adversarial"),
    ("--model ann", "model only with adversarial"),
    ("--adversarial deepwordbug --model ann --surrogate sigmoid", "surrogate only where an SNN"),
    ("--adversarial deepwordbug --model ann --dropout 0.1", "dropout only where an SNN"),
    ("--adversarial deepwordbug --adversarial-texts 0", "--adversarial-texts"),
    ("--adversarial deepwordbug --adversarial-share 1", "below 1"),
    ("--adversarial deepwordbug --model cnn", "both, ann, snn"),
    ("--adversarial textfolly", "but got 'textfolly'"),
    ("--adversarial deepwordbug,deepwordbug", "different values"),
    ("--adversarial zh-homophone", "texts of language 'en', but zh-homophone is for 'zh'"),
]


@pytest.mark.parametrize(("words", "expected"), REFUSED)
def test_bad_settings_are_one_line(words: str, expected: str, base: Path, capsys: Capture) -> None:
    before = {path: path.stat().st_mtime_ns for path in base.rglob("*") if path.name != ".lock"}
    capsys.readouterr()
    assert main(["finetune", str(base), *words.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("snnconvert") and expected in line
    assert before == {p: p.stat().st_mtime_ns for p in base.rglob("*") if p.name != ".lock"}


def test_without_textattack(base: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    find = environment.importlib.util.find_spec
    monkeypatch.setattr(
        environment.importlib.util, "find_spec", lambda n: None if n == "textattack" else find(n)
    )
    capsys.readouterr()
    assert main(["finetune", str(base), *TUNE]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert install_hint("attack") in line


def test_without_a_success_there_is_nothing_to_learn(
    fresh: Path, capsys: Capture, textattack: Any
) -> None:
    capsys.readouterr()
    assert main(["finetune", str(fresh), *TUNE, "--adversarial-budget", "1"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "no attack of deepwordbug on 24 training texts of ann succeeded" in line
    assert "ann-adversarial" not in results(fresh)


def test_without_the_snn(fresh: Path, capsys: Capture) -> None:
    found = results(fresh)
    del found["snn"]
    (fresh / "results.json").write_text(json.dumps(found))
    capsys.readouterr()
    assert main(["finetune", str(fresh), *TUNE]) == 2
    assert "snnconvert convert" in capsys.readouterr().err


def test_redoing_a_stage_drops_what_builds_on_it(tmp_path: Path) -> None:
    stages = ("data", "ann", "snn", "finetuned", *STAGES, "attack")
    for redone, left in {
        "ann-adversarial": {"data", "ann", "snn", "finetuned", "snn-adversarial", "attack"},
        "finetuned": {"data", "ann", "snn", *STAGES, "attack"},
        "snn": {"data", "ann", "ann-adversarial", "attack"},
        "ann": {"data"},
    }.items():
        run = RunFolder(tmp_path / redone, must_exist=False)
        for stage in stages:
            run.begin(stage, {"seed": 0})
            run.finish(stage, {"seed": 0}, RESULTS.get(stage) or RESULTS["snn"])
        run.begin(redone, {"seed": 1}, force=True)
        assert set(run.results()) == left
        assert set(run.config()) == {*left, redone, "versions"}


def test_the_attack_says_what_was_held_out(
    copy: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["attack", str(copy), "--examples", "5", "--query-budget", "60", "--controls", "none"]
    assert main([*words, "--presets", "deepwordbug"]) == 0
    figures = results(copy)["attack"]
    marks = {row["victim"]: row["trained_on"] for row in figures["rows"]}
    assert marks == {"ann": False, "snn": False, **dict.fromkeys(STAGES, True)}
    assert figures["held_out"] == []
    pairs = {(row["victim_a"], row["victim_b"]) for row in figures["comparisons"]}
    assert {("ann", "ann-adversarial"), ("snn", "snn-adversarial"), STAGES} <= pairs
    assert ("ann", "snn-adversarial") not in pairs
    assert any("Every attack here is one that was trained on" in s for s in figures["conclusions"])
    shown = capsys.readouterr().out.splitlines()
    marked = [line for line in shown if "deepwordbug *" in line]
    assert len(marked) == 2 and all("Adversarially tuned" in line for line in marked)
    assert main(["report", str(copy)]) == 0


@pytest.mark.long
def test_held_out_attacks_are_told_apart(copy: Path, nltk_data: None) -> None:
    words = ["attack", str(copy), "--examples", "4", "--query-budget", "60", "--controls", "none"]
    words += [
        "--victims",
        "ann,ann-adversarial",
        "--presets",
        "deepwordbug,pwws",
        "--transfer",
        "false",
    ]
    assert main(words) == 0
    figures = results(copy)["attack"]
    assert figures["held_out"] == ["pwws"]
    marks = {(row["victim"], row["attack"]): row["trained_on"] for row in figures["rows"]}
    assert marks == {
        ("ann", "deepwordbug"): False,
        ("ann", "pwws"): False,
        ("ann-adversarial", "deepwordbug"): True,
        ("ann-adversarial", "pwws"): False,
    }
