"""What an epoch is chosen by: accuracy, balanced accuracy with class weights, attacked texts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch.nn import functional

from snnconvert.pipelines.training.dev_score import DevScore
from snnconvert.pipelines.training.graded import SquaredGrades
from snnconvert.pipelines.training.texts import Texts

# nine of ten dev texts are of class 0, and so is every answer
LABELS = [0] * 9 + [1]
LOGITS = torch.tensor([[2.0, 0.0]]).expand(10, 2)


def texts(**labels: list[int]) -> Texts:
    return cast(
        Texts, SimpleNamespace(labels=labels, grades={}, sequences={k: [k] for k in labels})
    )


def logits(sequences: Any) -> torch.Tensor:
    return LOGITS[: len(LABELS)] if sequences == ["dev"] else LOGITS.flip(1)[:2]


def test_plain_accuracy() -> None:
    score = DevScore(logits, texts(dev=LABELS))
    found, loss = score()
    assert found == 0.9 and score.parts == {}
    assert loss == pytest.approx(float(functional.cross_entropy(LOGITS, torch.tensor(LABELS))))


def test_with_class_weights_every_class_counts_the_same() -> None:
    weight = torch.tensor([10 / 18, 5.0])
    score = DevScore(logits, texts(dev=LABELS), weight)
    found, loss = score()
    assert found == 0.5
    assert score.parts == {"dev_accuracy": 0.9, "dev_balanced_accuracy": 0.5}
    # weighted as in training: the mean of the mean losses of the two classes
    first, second = -functional.log_softmax(LOGITS[0], dim=0)
    assert loss == pytest.approx(float(first + second) / 2)


def test_attacked_texts_count_as_much_as_the_others() -> None:
    score = DevScore(logits, texts(dev=LABELS, attacked=[0, 1]))
    assert score()[0] == pytest.approx((0.9 + 0.5) / 2)
    assert score.parts == {"dev_accuracy": 0.9, "replayed_dev_accuracy": 0.5, "dev_score": 0.7}


def test_a_task_is_judged_by_its_own_score() -> None:
    score = DevScore(logits, texts(dev=LABELS), task="matthews")
    assert score()[0] == 0.0  # one answer for every text
    assert score.parts == {"dev_accuracy": 0.9, "dev_matthews": 0.0}
    weighted = DevScore(logits, texts(dev=LABELS), torch.tensor([10 / 18, 5.0]), task="f1")
    assert weighted()[0] == 0.0 and weighted.parts == {"dev_accuracy": 0.9, "dev_f1": 0.0}


def test_a_task_of_grades_is_judged_by_probabilities() -> None:
    grades = [0.0, 0.5, 1.0]
    dev = texts(dev=[0, 1, 1])
    dev.grades["dev"] = grades
    shares = torch.tensor([0.2, 0.3, 0.9])
    two = torch.stack([torch.zeros(3), torch.logit(shares)], dim=1)  # (3, 2)
    score = DevScore(lambda _: two, dev, loss=SquaredGrades(), task="pearson")
    found, loss = score()
    assert found == pytest.approx(float(np.corrcoef(grades, shares)[0, 1]))
    assert loss == pytest.approx((0.2**2 + 0.2**2 + 0.1**2) / 3)
    assert score.parts == {"dev_accuracy": pytest.approx(2 / 3), "dev_pearson": found}
