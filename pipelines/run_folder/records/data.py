"""The stage ``data``: texts, text stage and word vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ....text.datasets.repeats import Repeats
from ....typed_json import Count, rare


@dataclass(frozen=True, kw_only=True)
class VectorsFile:
    """The file that word vectors were read from, by which it is found again."""

    name: str
    bytes: Count
    sha256: str


@dataclass(frozen=True, kw_only=True)
class DataStage:
    """What a run records of its data.

    sizes: texts by split; sha256: of all texts and labels; text_stage: fingerprint of what makes
    ids of texts; vocabulary: words; vectors: how much of the training texts they cover, and what
    loading them gave; overlap: dev and test texts that are also in train; repeats: texts that are
    there more than once; notes: in sentences; source: facts about each file of the user's; writing:
    what was made alike in texts before they were cut into words, and in how many; vectors_file: the
    one that word vectors were read from, if any; scores: of `engine.scores`, by which the task is
    judged, empty for accuracy alone.
    """

    name: str
    language: str
    classes: list[str]
    sizes: dict[str, Count]
    split_rule: str | None
    sha256: str | None
    text_stage: str | None = rare()
    vocabulary: Count | None = rare()
    vectors: dict[str, float] = rare(dict)
    overlap: dict[str, Count] | None = rare()
    repeats: Repeats | None = rare()
    notes: list[str] | None = rare()
    source: list[Any] | None = rare()
    vectors_summary: str | None = rare()
    vectors_warning: str | None = rare()
    vectors_file: VectorsFile | None = rare()
    writing: dict[str, Any] | None = rare()
    scores: list[str] = rare(list)
