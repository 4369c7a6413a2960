"""The file sweep.json: what every conversion that was tried is worth on dev, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....checked_json import Value, read_value
from ....typed_json import Amount, Count, Share, Steps, from_json, rare, to_json

REMEDY = "remove it, or sweep again with --force"


@dataclass(frozen=True, kw_only=True)
class SweepRow:
    """One recipe on dev.

    loss_points: in points below the ANN; input_*, sops, sop_equivalents: a text; recipe: by the
    names of options; key: of recipe, ANN, texts and seed; pareto: on the front of its sweep
    """

    method: str
    encoder: str
    steps: Steps
    latency_steps: Count
    dev_accuracy: Share
    ann_dev_accuracy: Share
    loss_points: float
    input_spikes_per_sample: Amount
    sops_per_sample: Amount
    input_macs_per_sample: Amount
    sop_equivalents: Amount
    recipe: dict[str, Any]
    key: str
    pareto: bool = rare(False)
    largest_class_share: Share | None = rare()

    def check(self, value: Value) -> None:
        """Refuse options that are no plain values."""
        value["recipe"].plain()


def read_sweep(path: Path) -> list[dict[str, Any]]:
    """The rows of a sweep.json, as they were written.

    Raises:
        InputError: it holds something else.
    """
    rows = read_value(path, "the rows of a sweep", REMEDY)["rows"]
    return [to_json(row) for row in rows.each(lambda row: from_json(SweepRow, row))]
