"""What an earlier reproduction found, which stands beside what is made here, data set by data set.

The page is made of the JSON file alone, so what is taken over are its records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....typed_json import Count, to_json
from ..shared.earlier import MadeOn, read_document
from .plan import MODELS
from .rows import Row, record

Content = dict[str, Any]


@dataclass(frozen=True)
class StepRecord:
    """A `steps.Step`."""

    dataset: str
    way: str
    batches: Count
    texts: Count
    cpu_seconds: float
    per_1000_tokens: float
    times: float
    low: float
    high: float
    kept_bytes: Count
    kept_times: float


@dataclass(frozen=True)
class Figure:
    """A measured figure and its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ClaimRecord:
    """A `claims.Claim`."""

    dataset: str
    claim: str
    seeds: Count
    unit: str
    published: float | None
    synapses: Figure | None
    everything: Figure | None
    met_synapses: bool | None
    met: bool | None


@dataclass(frozen=True)
class Earlier(MadeOn):
    """What an earlier ``snn_bert.json`` holds."""

    rows: list[Row] = field(default_factory=list)
    steps: list[StepRecord] = field(default_factory=list)
    claims: list[ClaimRecord] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def beside(self, content: Content) -> Content:
        """``content`` of the JSON file with the records of data sets that it has no rows of."""
        if not self.rows:
            return content
        made = {row["dataset"] for row in content["rows"]}
        parts = {
            "rows": map(record, self.rows),
            "steps": map(to_json, self.steps),
            "claims": map(to_json, self.claims),
        }
        kept = {
            part: [item for item in items if _is_new(item, made)] for part, items in parts.items()
        }
        both = {part: [*kept[part], *content[part]] for part in parts}
        data = {**(self.settings.get("data") or {}), **content["settings"]["data"]}
        return {
            **content,
            **both,
            "settings": {**content["settings"], "data": data},
            "earlier": self.machines(),
        }


def _is_new(item: Mapping[str, Any], made: set[str]) -> bool:
    """Whether a record is of other data sets than those that are made, and of a known network."""
    return made.isdisjoint(item["dataset"].split()) and item.get("model", "ann") in MODELS


def read_earlier(path: Path | str | None) -> Earlier:
    """What the file of an earlier reproduction holds; nothing where there is none.

    Raises:
        InputError: it is no such file.
    """
    return Earlier() if path is None else read_document(Earlier, path)
