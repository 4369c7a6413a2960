"""Named sets of GLUE: pairs of texts, scores and grades of a task, files of several folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import load_dataset


def glue(folder: Path, name: str, rows: list[str], **splits: list[str]) -> Path:
    (folder / "glue" / name).mkdir(parents=True)
    for split, own in {"train": rows, "dev": rows[:4], **splits}.items():
        path = folder / "glue" / name / f"{split}.tsv"
        path.write_text("".join(f"{row}\n" for row in own), "utf-8")
    return folder


PAIR_ROWS = [f"{i % 2}\tit rains in town {i}\tit is wet in {i}" for i in range(40)]


def test_pairs_are_read_as_one_text_and_dev_is_the_test_set(tmp_path):
    dataset = load_dataset("rte", glue(tmp_path, "rte", PAIR_ROWS))
    assert dataset.test.texts[0] == "it rains in town 0 ||| it is wet in 0"
    assert (len(dataset.train), len(dataset.dev), len(dataset.test)) == (36, 4, 4)
    assert dataset.split_rule.startswith("train and test as given; dev: one tenth of train")
    assert dataset.split_rule.endswith("; test is glue/rte/dev")
    assert dataset.scores == ("accuracy",) and "scores" not in dataset.describe()


def test_quotes_and_blanks_of_a_pair_stay(tmp_path):
    rows = [*PAIR_ROWS, '0\t" quoted , not\t" a " and b ']
    dataset = load_dataset("wnli", glue(tmp_path, "wnli", rows, dev=rows[-1:] + rows[:1]))
    assert dataset.test.texts[0] == '" quoted , not ||| " a " and b '


def test_the_scores_of_a_task_are_recorded(tmp_path):
    rows = [f"{i % 2}\ta sentence of kind {i}" for i in range(40)]
    found = load_dataset("cola", glue(tmp_path, "cola", rows)).describe()
    assert found["scores"] == ["matthews", "accuracy"]


GRADED = [f"{i % 51 / 10}\tit rains in town {i}\tit is wet in {i}" for i in range(60)]


def test_grades_are_shares_and_their_halves_are_classes(tmp_path):
    rows = {"test": ["2.5\ta\tb", "5.000\tc\td", "2.4\te\tf"]}
    dataset = load_dataset("stsb", glue(tmp_path, "stsb", GRADED, **rows))
    assert dataset.test.grades == (0.5, 1.0, 2.4 / 5) and dataset.test.labels == (1, 1, 0)
    assert dataset.classes == ("different", "alike") and dataset.scores == ("pearson", "spearman")
    some = load_dataset("stsb", tmp_path, limit=10).train
    assert len(some) == len(some.grades) == 10
    assert all(
        label == (grade >= 0.5) for label, grade in zip(some.labels, some.grades, strict=True)
    )
    # another grade of the same half is another data set
    glue(tmp_path / "other", "stsb", [GRADED[0].replace("0.0", "0.1"), *GRADED[1:]], **rows)
    assert load_dataset("stsb", tmp_path / "other").sha256 != dataset.sha256


@pytest.mark.parametrize("label", ["alike", "-0.1", "5.01", "nan", "inf", "1e9", "2,5"])
def test_a_label_that_is_no_grade(tmp_path, label):
    folder = glue(tmp_path, "stsb", [*GRADED, f"{label}\ta\tb"], test=GRADED[:3])
    with pytest.raises(InputError, match=r"stsb, train row 61: expected a grade from 0 to 5 as"):
        load_dataset("stsb", folder)


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        ("rte", "0\tone text", r"rte/train.tsv line 41: expected 3 columns \(label, text, text\)"),
        ("cola", "0\tone\ttwo", r"cola/train.tsv line 41: expected 2 columns \(label, text\), but"),
    ],
)
def test_a_pair_task_of_single_texts_and_the_other_way_round(tmp_path, name, row, message):
    rows = [r if name == "rte" else r.rpartition("\t")[0] for r in PAIR_ROWS]
    with pytest.raises(InputError, match=message):
        load_dataset(name, glue(tmp_path, name, [*rows, row]))
    with pytest.raises(InputError, match="line 1: expected . columns"):
        load_dataset(name, glue(tmp_path / "all", name, [row] * 40))


def test_where_a_set_of_several_folders_is_missing(tmp_path):
    glue(tmp_path, "rte", PAIR_ROWS)
    (tmp_path / "glue" / "rte" / "dev.tsv").unlink()
    with pytest.raises(InputError, match=r"put glue/rte/train.tsv, glue/rte/dev.tsv there"):
        load_dataset("rte", tmp_path)


def test_phrases_are_tested_on_sentences(tmp_path):
    for place in ("sst2-phrases/train", "sst2/dev", "sst2/test"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        rows = [f"{i % 2}\t{place} {i}\n" for i in range(20)]
        (tmp_path / f"{place}.tsv").write_text("".join(rows), "utf-8")
    dataset = load_dataset("sst2-phrases", tmp_path)
    assert dataset.test.texts[0] == "sst2/test 0" and dataset.train.texts[0].startswith("sst2-p")
    assert dataset.split_rule == "train, dev and test as given; dev is sst2/dev; test is sst2/test"
