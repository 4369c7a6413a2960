"""Grades in place of classes: how much a cost weighs beside their loss."""

from __future__ import annotations

import math

import pytest
import torch

from snnconvert.pipelines.training.graded import SquaredGrades, cost_scale
from snnconvert.pipelines.training.losses.mean_logits import MeanLogits


def test_a_cost_weighs_as_much_beside_the_loss_of_grades_as_of_two_even_classes() -> None:
    grades = [0.0, 0.4, 0.6, 1.0]
    mean = math.log(0.5 / 0.5)  # the logit of the mean grade, one answer for all texts
    of_grades = SquaredGrades().loss(torch.tensor([[0.0, mean]] * 4), torch.tensor(grades))
    even = MeanLogits().loss(torch.zeros(4, 2), torch.tensor([0, 0, 1, 1]))
    assert cost_scale(grades) == pytest.approx(float(of_grades / even))


def test_texts_of_classes_leave_it_as_it_is() -> None:
    assert cost_scale(None) == cost_scale([]) == 1


def test_grades_that_are_all_the_same_bear_no_cost() -> None:
    assert cost_scale([0.3, 0.3]) == 0
