"""What commands and the report say beside an accuracy: classes, a linear model, chance."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.chance import warns, without_chance
from snnconvert.tests.helpers.report import Page

pytestmark = pytest.mark.usefixtures("one_thread")

Capture = pytest.CaptureFixture[str]
NETWORK = ["--widths", "2,3", "--channels", "16", "--tensorboard", "false"]
SPLITS = ("dev", "test")
FIGURES = ("macro_f1", "balanced_accuracy", "largest_class_share")


@pytest.fixture(scope="module")
def unequal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on 500 texts of one class and 24 of another, at the larger class's share."""
    folder = tmp_path_factory.mktemp("unequal")
    rows = [f"usual\tthe parcel {i} came on day {i % 7} as planned" for i in range(500)]
    rows += [f"rare\tthe parcel {i} came on day {i % 7} as refund" for i in range(24)]
    (folder / "mails.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    run = str(folder / "run")
    assert main(train(folder / "mails.tsv", run)) == 0
    assert main(["convert", run, "--steps", "2"]) == 0
    return folder / "run"


def train(texts: Path, run: str) -> list[str]:
    """A training that ends before the rare class is found."""
    data = ["--dataset", str(texts), "--vectors", "random", "--dim", "16"]
    short = ["--epochs", "3", "--lr", "0.001", "--batch-size", "64", "--train-vectors", "false"]
    short += ["--schedule", "constant", "--word-dropout", "0"]
    return ["train", "--out", run, *data, *NETWORK, *short]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose network has learned."""
    run = tmp_path_factory.mktemp("learned") / "run"
    rate = ["--lr", "0.005", "--train-vectors", "true", "--batch-size", "32"]
    how = ["--epochs", "10", "--patience", "10", "--dim", "50", *rate]
    assert main(["train", "--out", str(run), "--dataset", "builtin-en", *NETWORK, *how]) == 0
    return run


@pytest.fixture
def copy(unequal: Path, tmp_path: Path) -> Path:
    shutil.copytree(unequal, tmp_path / "run")
    return tmp_path / "run"


def results(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "results.json").read_text("utf-8")))


def warnings(said: str) -> list[str]:
    return [line for line in said.splitlines() if warns(line)]


@pytest.mark.parametrize("stage", ["ann", "snn"])
def test_results_hold_the_classes(unequal: Path, stage: str) -> None:
    found = results(unequal)[stage]
    for split in SPLITS:
        matrix = found[f"{split}_confusion_matrix"]
        right, texts = matrix[0][0] + matrix[1][1], sum(map(sum, matrix))
        assert found[f"{split}_accuracy"] == pytest.approx(right / texts)
        rare, usual = matrix
        shares = {"rare": rare[0] / sum(rare), "usual": usual[1] / sum(usual)}
        assert found[f"{split}_accuracy_by_class"] == pytest.approx(shares)
        assert found[f"{split}_largest_class_share"] == pytest.approx(50 / 52)
    assert found["at_chance"] is True and found["chance_p"] > 0.01


def test_the_linear_model_stands_beside_the_network(unequal: Path, learned: Path) -> None:
    found = results(unequal)["ann"]["baseline"]
    assert found["test_accuracy"] == found["test_macro_f1"] == 1.0  # words tell these classes apart
    found = results(learned)["ann"]["baseline"]
    # fitted by hand in scikit-learn, words cut at what is no letter: 92.5 % on test
    assert 0.88 <= found["test_accuracy"] <= 0.97 and 0.88 <= found["dev_accuracy"] <= 0.97


def test_training_says_so_even_where_it_is_quiet(unequal: Path, capsys: Capture) -> None:
    again = train(unequal.parent / "mails.tsv", str(unequal))  # there is nothing to do any more
    assert main(again) == 0
    printed, said = capsys.readouterr()
    (line,) = warnings(said)
    assert "the ANN is at chance" in line and "'usual' for 52 of 52 test texts" in line
    assert "holds 96.2 %" in line and "try --class-weights true" in line
    assert "a linear model on word counts has 100.0 %" in line
    assert re.search(r"^ANN +96\.2 +96\.2 +49\.0$", printed, re.M)
    assert re.search(r"^largest class always +96\.2 +96\.2$", printed, re.M)
    assert re.search(r"^linear model on words +100\.0 +100\.0 +100\.0$", printed, re.M)
    assert "ANN, test accuracy by class, %: rare: 0.0, usual: 100.0" in printed
    for option in ("--quiet", "--json"):
        assert main([*again, option]) == 0
        printed, said = capsys.readouterr()
        assert warnings(said) == [line] and (option == "--json") == bool(printed)


def test_what_is_made_of_it_means_nothing(copy: Path, capsys: Capture) -> None:
    run = str(copy)
    assert main(["convert", run, "--steps", "2", "--quiet"]) == 0
    (line,) = warnings(capsys.readouterr().err)
    assert "the ANN of this run is at chance, so the figures of its conversion mean nothing" in line
    finetune = ["finetune", run, "--epochs", "1", "--lr", "1e-9", "--tensorboard", "no", "--json"]
    assert main(finetune) == 0
    (line,) = warnings(capsys.readouterr().err)
    assert "the figures of its fine-tuning mean nothing" in line
    assert main(["energy", run, "--texts", "4", "--training-texts", "2", "--quiet"]) == 0
    (line,) = warnings(capsys.readouterr().err)
    assert "the ANN, converted SNN and fine-tuned SNN of this run are at chance" in line
    assert "figures of energy mean nothing" in line


@pytest.mark.usefixtures("textattack")
def test_an_attack_on_it_means_nothing(copy: Path, capsys: Capture) -> None:
    words = ["attack", str(copy), "--presets", "deepwordbug", "--examples", "2", "--quiet"]
    assert main([*words, "--controls", "none", "--victims", "snn", "--query-budget", "10"]) == 0
    line = warnings(capsys.readouterr().err)[0]
    assert "the converted SNN of this run is at chance" in line
    assert "figures of robustness against attacks mean nothing" in line


def test_evaluate_tells_all(unequal: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["evaluate", str(unequal), "--model", "ann", "--json"]) == 0
    found, stage = json.loads(capsys.readouterr().out), results(unequal)["ann"]
    for name in ("accuracy", *FIGURES, "accuracy_by_class", "by_class", "confusion_matrix"):
        assert found[name] == stage[f"test_{name}"]
    assert (found["at_chance"], found["chance_p"]) == (stage["at_chance"], stage["chance_p"])
    assert main(["evaluate", str(unequal)]) == 0
    printed = capsys.readouterr().out
    assert "macro F1 49.0 %, balanced accuracy 50.0 %" in printed
    assert "always answering usual would be right for 96.2 %" in printed
    assert re.search(r"^rare +2 +- +0\.0 +0\.0$", printed, re.M)  # never answered: no precision
    assert re.search(r"^usual +50 +96\.2 +100\.0 +98\.0$", printed, re.M)
    assert "at chance: on these 52 texts" in printed
    own = tmp_path / "own.tsv"
    own.write_text("rare\ta lost parcel\nrare\tlost again\n", "utf-8")  # one class tells nothing
    assert main(["evaluate", str(unequal), "--data", str(own), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["at_chance"] is None and found["accuracy_by_class"]["usual"] is None


def test_a_network_that_has_learned_is_not_warned_of(learned: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert main(["convert", str(learned), "--steps", "4", "--force"]) == 0
    assert "warning" not in capsys.readouterr().err
    assert results(learned)["ann"]["at_chance"] is False
    assert main(["report", str(learned)]) == 0
    page = Page((learned / "report.html").read_text("utf-8"))
    assert "at chance" not in page.text


def test_a_conversion_that_lost_it_has_words_of_its_own(
    learned: Path, tmp_path: Path, capsys: Capture
) -> None:
    run = shutil.copytree(learned, tmp_path / "run")
    dead = ["--threshold", "fixed", "--threshold-value", "1000", "--steps", "1", "--force"]
    assert main(["convert", str(run), *dead]) == 0
    (line,) = warnings(capsys.readouterr().err)
    assert "the converted SNN is at chance" in line and "the ANN that it comes from is not" in line
    assert "more --steps" in line and "train" not in line
    assert main(["report", str(run)]) == 0
    page = Page((run / "report.html").read_text("utf-8"))
    assert page.text.count("The converted SNN is at chance") == 2  # at the top and at its section


def test_the_report_shows_classes_and_warns(copy: Path) -> None:
    energy = ["energy", str(copy), "--texts", "4", "--training-texts", "2", "--quiet"]
    assert main(energy) == 0 and main(["report", str(copy)]) == 0
    page = Page((copy / "report.html").read_text("utf-8"))
    shown = page.text.replace("\u00a0", " ")
    assert shown.index("Warning: The ANN is at chance") < shown.index("With T = 2 time steps")
    assert "so the figures of its conversion mean nothing" in shown
    assert "figures of energy mean nothing" in shown
    assert "The largest class, usual, holds 96.2 % of the test texts" in shown
    assert "scores 100.0 % on test" in shown
    cells = re.sub(r"\s+", " ", " ".join(page.texts))
    for text in (
        "Macro F1 49.0 % 49.0 % 100.0 %",
        "rare 2 3.8 % – 0.0 0.0 – 0.0 0.0 100.0 100.0 100.0",
    ):
        assert text in cells, text
    maps = [a for t, a in page.tags if t == "svg" and "Confusion" in str(a.get("aria-label"))]
    assert len(maps) == 3  # ANN, SNN and the linear model
    assert "usual, answered usual: 50 of 50 texts, 100.0\u00a0%" in page.html
    assert "largest class 96.2 %" in shown  # the line in the plot of accuracy


def test_the_same_baseline_every_time(learned: Path) -> None:
    from snnconvert.pipelines.data import load_run_texts
    from snnconvert.pipelines.quality.baseline import linear_baseline
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    texts = load_run_texts(RunFolder(learned))
    found = [linear_baseline(texts) for _ in range(2)]
    for figures in found:
        figures.pop("seconds")
    stored = results(learned)["ann"]["baseline"]
    stored.pop("seconds")
    assert found == [stored, stored]


def test_only_warnings_of_chance_are_left_out() -> None:
    other = "snnconvert: warning: of another kind\nso far: at chance\n"
    assert without_chance("snnconvert: warning: the ANN is at chance: so\n" + other) == other
