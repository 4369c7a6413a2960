"""Classes of a few texts, where the user sets test texts aside and the package sets dev aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import load_dataset


def rows(split: str, label: str, number: int) -> str:
    return "".join(f"{split}\t{label}\tthe {label} {i} of {split}\n" for i in range(number))


def written(folder: Path, *parts: str) -> Path:
    path = folder / "all.tsv"
    path.write_text("split\tlabel\ttext\n" + "".join(parts), "utf-8")
    return path


def test_they_stay_in_train_and_are_named(tmp_path: Path) -> None:
    train = rows("train", "ship", 40) + rows("train", "crude", 30) + rows("train", "zinc", 3)
    test = rows("test", "ship", 5) + rows("test", "zinc", 1)
    dataset = load_dataset(written(tmp_path, train, test))
    crude, ship, zinc = (dataset.classes.index(name) for name in ("crude", "ship", "zinc"))
    assert [dataset.dev.labels.count(label) for label in (ship, crude, zinc)] == [4, 3, 0]
    assert dataset.train.labels.count(zinc) == 3 and dataset.test.labels.count(zinc) == 1
    assert "dev has no text of 1 of 3 classes (zinc)" in dataset.notes


@pytest.mark.parametrize("test", ["", rows("test", "ship", 5)], ids=["no test texts", "one left"])
def test_they_are_refused_where_figures_would_lack_them(tmp_path: Path, test: str) -> None:
    """Without test texts of the user's no figure would have them; and dev needs two classes."""
    others = rows("train", "ship", 40) + (rows("train", "crude", 30) if not test else "")
    path = written(tmp_path, others, rows("train", "zinc", 3), test)
    with pytest.raises(InputError, match="at least 10 different texts of each class"):
        load_dataset(path)
