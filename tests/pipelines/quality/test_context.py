"""What stands beside an accuracy on data that make it misleading: small sets of such kinds."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from sklearn import metrics

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.data import load_run_data, load_run_texts
from snnconvert.pipelines.quality.baseline import LINEAR, LinearModel
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.tests.helpers.cases import needs_cases, said_by
from snnconvert.tests.helpers.report import Page

SMALL = ["--widths", "2", "--channels", "8", "--dim", "16", "--tensorboard", "false"]
Capture = pytest.CaptureFixture[str]


def train(data: Path, run: Path, *more: str) -> int:
    words = ["train", "--dataset", str(data), "--out", str(run), *SMALL, *more]
    return main(words if "--vectors" in more else [*words, "--vectors", "random"])


def results(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "results.json").read_text("utf-8")))


def page_of(run: Path) -> str:
    assert main(["report", str(run), "--quiet"]) == 0
    text = Page((run / "report.html").read_text("utf-8")).text
    return text.replace("\u00a0", " ")


def rows(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def test_classes_of_unequal_size(tmp_path: Path, capsys: Capture) -> None:
    """Every command that prints an accuracy, and the figures are those of scikit-learn."""
    lines = [f"usual\tthe parcel {i} came on day {i % 7}" for i in range(300)]
    rows(tmp_path / "mails.tsv", [*lines, *(f"rare\ta refund of {i}" for i in range(15))])
    run = tmp_path / "run"
    assert train(tmp_path / "mails.tsv", run, "--epochs", "1", "--lr", "1e-5") == 0
    commands = [["convert", "--steps", "2"], ["finetune", "--epochs", "1", "--lr", "1e-9"]]
    printed = capsys.readouterr().out
    for words in commands:
        assert main([words[0], str(run), *words[1:]]) == 0
        printed += "===" + capsys.readouterr().out
    for part in printed.split("==="):
        assert "macro F1 %" in part and re.search(r"^largest class always +\d", part, re.M)
        assert re.search(r"^linear model on words +\d", part, re.M)
        assert "test accuracy by class, %: rare: " in part
    assert main(["evaluate", str(run), "--model", "ann", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    matrix = found["confusion_matrix"]
    labels = [i for i, row in enumerate(matrix) for _ in range(sum(row))]
    answers = [j for row in matrix for j, n in enumerate(row) for _ in range(n)]
    theirs = metrics.classification_report(
        labels, answers, target_names=["rare", "usual"], output_dict=True, zero_division=0
    )
    assert found["macro_f1"] == pytest.approx(theirs["macro avg"]["f1-score"])
    assert found["accuracy"] == pytest.approx(theirs["accuracy"])
    assert found["by_class"]["usual"] == pytest.approx(
        {name: theirs["usual"][name] for name in ("precision", "recall")}
        | {"f1": theirs["usual"]["f1-score"], "texts": theirs["usual"]["support"]}
    )
    assert found["largest_class_share"] == pytest.approx(max(map(sum, matrix)) / len(labels))
    assert results(run)["ann"]["test_by_class"] == found["by_class"]
    shown = page_of(run)
    for text in ("Precision, recall and F1 of each class", "Confusion matrices", "Macro F1"):
        assert text in shown


def test_evaluate_has_the_linear_model_on_any_file(tmp_path: Path, capsys: Capture) -> None:
    run = tmp_path / "run"
    assert main(["train", "--out", str(run), *SMALL, "--epochs", "1", "--quiet"]) == 0
    capsys.readouterr()
    stored = results(run)["ann"]["baseline"]
    for split in ("dev", "test"):
        assert main(["evaluate", str(run), "--split", split, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["linear_accuracy"] == stored[f"{split}_accuracy"]
    assert found["linear_macro_f1"] == stored["test_macro_f1"]
    own = tmp_path / "own.tsv"
    own.write_text("positive\tfriendly staff\nnegative\tcold and rude\n", "utf-8")
    assert main(["evaluate", str(run), "--data", str(own)]) == 0
    assert "linear model on words: " in capsys.readouterr().out
    rows = "split\tlabel\ttext\ntrain\tpositive\tfriendly staff\ntest\tnegative\tcold and rude\n"
    own.write_text(rows, "utf-8")
    assert main(["evaluate", str(run), "--data", str(own)]) == 0
    assert "all of them are evaluated, those to train on too" in capsys.readouterr().err
    texts = load_run_texts(RunFolder(run))
    model = LinearModel.load(run / "ann" / LINEAR)
    answers = model.predict(texts.sequences["test"])
    share = metrics.accuracy_score(texts.labels["test"], answers)
    assert share == pytest.approx(stored["test_accuracy"])
    (run / "ann" / LINEAR).unlink()  # as in a run of an older version
    assert main(["evaluate", str(run), "--json"]) == 0
    assert "linear_accuracy" not in json.loads(capsys.readouterr().out)


def test_texts_that_are_in_several_splits(tmp_path: Path, capsys: Capture) -> None:
    draw = random.Random(0)
    lines = [f"{draw.randint(0, 1)}\tCase  number {i}" for i in range(60)]
    rows(tmp_path / "data" / "train.tsv", [*lines, "0\ttorn", "1\tTORN "])
    rows(tmp_path / "data" / "dev.tsv", [f"{i % 2}\tnew {i}" for i in range(20)])
    test = [line.lower() for line in lines[:30]]
    flipped = f"{1 - int(test[0][0])}{test[0][1:]}"
    rows(tmp_path / "data" / "test.tsv", [flipped, *test[1:], "0\tnew 0", "0\tnew 1"])
    run = tmp_path / "run"
    assert train(tmp_path / "data", run, "--epochs", "1") == 0
    said = capsys.readouterr().err
    (line,) = [line for line in said.splitlines() if line.startswith("data: ")]
    for text in (
        "30 of 32 test texts are also in train (1 of them with another label)",
        "2 of 32 test texts are also in dev (1 of them with another label)",
        "2 of 62 train texts occur more than once (2 of them with different labels)",
        "compared without case",
    ):
        assert text in line
    data = results(run)["data"]
    assert data["repeats"]["between"]["train-test"] == {"texts": 30, "other_label": 1}
    assert data["repeats"]["within"]["train"] == {"texts": 2, "other_label": 2}
    assert data["overlap"] == {"dev": 0, "test": 30}
    shown = page_of(run)
    assert "Warning: 30 of 32 test texts (93.8 %) are also in train" in shown
    assert "2 of 62 train texts occur more than once" in shown
    assert len(load_run_data(RunFolder(run)).test) == 32


def test_vectors_that_know_few_words(tmp_path: Path, capsys: Capture) -> None:
    lines = [f"{label}\tthe room was {label} on day {i}" for i in range(30) for label in "ab"]
    rows(tmp_path / "own.tsv", lines)
    draw = random.Random(0)
    words = ["the", *map(chr, range(0x4E00, 0x4E60))]
    numbers = (" ".join(f"{draw.gauss(0, 1):.3f}" for _ in range(16)) for _ in words)
    rows(tmp_path / "v.vec", [f"{w} {n}" for w, n in zip(words, numbers, strict=True)])
    run, vectors = tmp_path / "run", ["--vectors", str(tmp_path / "v.vec"), "--epochs", "1"]
    assert train(tmp_path / "own.tsv", run, *vectors) == 0
    said = capsys.readouterr().err
    assert "word vectors: 97 words of 16 components from v.vec; they cover " in said
    assert "% of the running words of the training texts and " in said
    assert "snnconvert: warning: the word vectors of v.vec know only 0.0 %" in said
    shown = page_of(run)
    assert "Warning: The word vectors of v.vec know only 0.0 %" in shown
    assert shown.index("Warning: The word vectors") < shown.index("Accuracy by class")


SHOWN = {
    "11-imbalance": (
        *('"largest_class_share": 0.96', '"macro_f1": 0.49', '"precision": null, "recall": 0.0'),
        "largest class always",
    ),
    "15-test-in-train": (
        "60 of 60 dev texts are also in train; 100 of 100 test texts are also in train",
    ),
    "19-low-coverage": (
        "they cover 16.7 % of the running words of the training texts and 0.5 % of the distinct",
        "warning: the word vectors of v.vec know only 0.0 % of the running words",
    ),
}


LONG = ("11-imbalance", "15-test-in-train")


@needs_cases
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.long] * (n in LONG)) for n in SHOWN]
)
def test_data_as_people_had_them(name: str) -> None:
    said = said_by(name)
    assert [words for words in SHOWN[name] if words not in said] == [], said
    assert "Traceback" not in said
