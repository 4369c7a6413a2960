"""Early exits: a text stops as soon as its answer is clear, and the steps left are not run.

A text stops at the first step where the largest running logit leads the second by ``margin`` or
more, and at T otherwise. The margin is chosen on dev: so that accuracy there drops by no more than
a tolerance, or so that a text costs no more than a budget.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..text.inputs import as_labels

TRIES = 40
"""Margins that are tried: quantiles of the leads on dev, from the least lead to the largest."""


def margins(running: Tensor) -> Tensor:
    """The lead of the first class over the second at every step: (T, N, K) -> (T, N)."""
    top = running.topk(2, dim=-1).values
    return top[..., 0] - top[..., 1]


def exit_steps(running: Tensor, margin: float) -> np.ndarray:
    """The step (1-based) at which each text stops: (T, N, K) -> (N,) int64.

    >>> logits = torch.tensor([[[0.0, 1.0], [0.0, 0.1]], [[0.0, 1.0], [0.0, 0.2]]])  # (2, 2, 2)
    >>> exit_steps(logits, 0.5).tolist()
    [1, 2]
    """
    clear = margins(running) >= margin
    clear[-1] = True  # at T the answer is given in any case
    return (clear.int().argmax(dim=0) + 1).numpy()


def exit_accuracy(running: Tensor, steps: np.ndarray, labels: Sequence[int]) -> float:
    """Accuracy where text n answers after ``steps[n]`` steps.

    Raises:
        InputError: no texts, or not one label for each.
    """
    labels = as_labels(labels, running.shape[1])
    if not labels:
        raise InputError("expected at least one text, but got none")
    at = torch.from_numpy(steps - 1)
    answers = running[at, torch.arange(running.shape[1])].argmax(dim=-1)
    return int((answers == torch.tensor(labels)).sum()) / len(labels)


def choose_margin(running: Tensor, labels: Sequence[int], tolerance: float) -> float | None:
    """The smallest margin whose accuracy is at most ``tolerance`` (a fraction) below that of T.

    The smallest of `TRIES`, which stand evenly among the leads; one between two of them is not
    tried.

    Args:
        running: running logits (T, N, K) of dev
        labels: of dev
        tolerance: accuracy that may be lost

    Returns:
        None where only running all steps keeps it.

    Raises:
        InputError: no texts, or not one label for each.
    """
    full = exit_accuracy(running, np.full(running.shape[1], len(running)), labels)
    early = margins(running)[:-1].flatten()
    if not len(early):
        return None
    early = early if early.dtype == torch.float32 else early.double()
    shares = torch.linspace(0, 1, TRIES, dtype=early.dtype)
    levels = torch.quantile(early[:: max(1, len(early) // 100_000)], shares)
    for margin in levels.tolist():
        if exit_accuracy(running, exit_steps(running, margin), labels) >= full - tolerance - 1e-9:
            return float(margin)
    return None


def margin_for_budget(running: Tensor, cost: Sequence[float], budget: float) -> float | None:
    """The largest margin with which a text costs at most ``budget`` in the mean.

    No label is looked at, so nothing is fitted to the noise of a small dev split.

    Args:
        running: running logits (T, N, K) of dev
        cost: what a text costs that stops after 1, 2, ... T steps, growing
        budget: in the unit of ``cost``

    Returns:
        None where even stopping every text at once costs more; infinity where running all steps
        is within the budget.
    """
    costs = np.asarray(cost, dtype=np.float64)
    if costs[-1] <= budget:
        return float("inf")
    early = margins(running)[:-1].flatten()
    if costs[0] > budget or not len(early):
        return None
    levels = np.unique(early.double().numpy())
    low, high = 0, len(levels) - 1  # a larger margin stops later, and costs more
    if costs[exit_steps(running, float(levels[0])) - 1].mean() > budget:
        return None
    while low < high:
        middle = (low + high + 1) // 2
        spent = costs[exit_steps(running, float(levels[middle])) - 1].mean()
        low, high = (middle, high) if spent <= budget else (low, middle - 1)
    return float(levels[low])
