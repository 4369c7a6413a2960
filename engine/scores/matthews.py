"""Matthews' correlation of answers and labels: the score of CoLA.

Source: Matthews 1975; for several classes Gorodkin 2004. An answer that is always the same has 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from .score import Score


def matthews(labels: Sequence[float], answers: Sequence[float]) -> float:
    """From -1 to 1, by scikit-learn; 0 where all answers, or all labels, are the same."""
    from sklearn.metrics import matthews_corrcoef

    if len({*labels, *answers}) < 2:
        return 0.0  # of which scikit-learn warns
    return float(matthews_corrcoef(labels, answers))


SCORE = Score("Matthews correlation", matthews)
