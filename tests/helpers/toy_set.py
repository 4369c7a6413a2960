"""A small data set under the name of a real one, whose words tell the class, and word vectors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

WORDS = {"joy": 1, "glad": 1, "fun": 1, "sad": 0, "cry": 0, "grief": 0, "the": 2, "day": 2}
SST2 = {"train": 64, "dev": 20, "test": 20}


def write_toy_set(
    folder: Path, name: str = "sst2", classes: int = 2, sizes: Mapping[str, int] = SST2
) -> Path:
    """Write it as ``folder/name`` and the vectors as ``folder/v.txt``; returns ``folder``.

    Args:
        folder: that is there
        name: of the data set
        classes: how many; words tell odd classes from even ones
        sizes: texts by split
    """
    random = np.random.default_rng(0)
    (folder / name).mkdir()
    for split, count in sizes.items():
        lines = []
        for number in range(count):
            label = number % classes
            own = [word for word, kind in WORDS.items() if kind in (label % 2, 2)]
            lines.append(f"{label}\t{' '.join(random.choice(own, 6))} {split} {number}")
        (folder / name / f"{split}.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    vectors = random.normal(0, 0.4, (len(WORDS), 9)).round(3)
    rows = [" ".join([word, *map(str, row)]) for word, row in zip(WORDS, vectors, strict=True)]
    (folder / "v.txt").write_text("\n".join([f"{len(WORDS)} 9", *rows]) + "\n", "utf-8")
    return folder
