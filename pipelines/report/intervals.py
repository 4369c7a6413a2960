"""95 % intervals of accuracies."""

from __future__ import annotations

from ...attacks.statistics.scores import wilson
from .read import Run


def interval(share: float, texts: int) -> tuple[float, float] | None:
    """The 95 % Wilson interval of a share of ``texts``; None where it cannot be one of them."""
    right = round(share * texts)
    return wilson(right, texts) if 0 <= right <= texts else None


def intervals(run: Run) -> dict[str, tuple[float, float]]:
    """Interval of every model's test accuracy, where the number of texts is known."""
    found = {kind: interval(model.test_accuracy, run.tested) for kind, model in run.models.items()}
    return {kind: ends for kind, ends in found.items() if ends}
