"""Texts and labels of a call as the files of a run, with some set aside to choose the epoch by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ...files import write_text
from ...text.datasets.splits import assign
from ...text.decoding.decoding import replace_surrogates
from ...text.decoding.invisible import clean_label


def class_names(classes: np.ndarray) -> list[str]:
    """A name for each of K labels of any type: what it shows as, or its number.

    Numbers are taken where two labels would look the same in a file, or one like nothing.
    """
    names = [str(label) for label in classes.tolist()]
    plain = all(name and clean_label(replace_surrogates(name)) == name for name in names)
    return names if plain and len(set(names)) == len(names) else list(map(str, range(len(names))))


def write_rows(
    folder: Path, texts: Sequence[str], labels: Sequence[int], names: Sequence[str], share: float
) -> bool:
    """Write train, dev and test as JSON Lines.

    Dev is ``share`` of every class by the package's rule (`splits.assign`). Nothing is measured on
    test that anybody reads, so it is the same texts.

    Args:
        folder: where to
        texts: N of them
        labels: N classes
        names: of the K classes
        share: of every class that dev has

    Returns:
        Whether dev was set aside; where a class has too few texts all of them are in both.
    """
    try:
        parts = assign(texts, labels, ("dev",), "the texts", names, share)
    except InputError:  # a class has fewer different texts than the rule needs
        parts = []
    kept = {part: [i for i, own in enumerate(parts) if own == part] for part in ("train", "dev")}
    every = list(range(len(texts)))
    split = all({labels[i] for i in rows} == set(labels) for rows in kept.values())
    if not split:
        kept = {"train": every, "dev": every}
    for part, rows in {**kept, "test": kept["dev"]}.items():
        lines = [_line(texts[i], names[labels[i]]) for i in rows]
        write_text(folder / f"{part}.jsonl", "".join(lines))
    return split


def _line(text: str, label: str) -> str:
    row: dict[str, Any] = {"label": label, "text": text}
    return json.dumps(row) + "\n"
