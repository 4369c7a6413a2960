"""What of a run's data makes its accuracies worth less: test texts it was trained on, words without
a vector."""

from __future__ import annotations

from ...formatting import percent
from ..run_folder.records.data import DataStage

MOST_SEEN = 0.01
"""A larger share of test texts that are training texts too is worth a warning."""


def data_doubts(data: DataStage | None) -> list[str]:
    """Sentences for the report, beside accuracies; none where there is nothing to doubt."""
    if data is None:
        return []
    seen, texts = (data.overlap or {}).get("test", 0), data.sizes.get("test", 0)
    found = []
    if texts and seen > MOST_SEEN * texts:
        found.append(
            f"{seen} of {texts} test texts ({percent(seen / texts)} %) are also in train: an "
            "accuracy on them says little of new texts; take them out of train or test"
        )
    return [*found, data.vectors_warning] if data.vectors_warning else found
