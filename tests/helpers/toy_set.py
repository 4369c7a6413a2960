"""A small data set called ``sst2`` whose words tell the class, and word vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np

WORDS = {"joy": 1, "glad": 1, "fun": 1, "sad": 0, "cry": 0, "grief": 0, "the": 2, "day": 2}


def write_toy_sst2(folder: Path) -> Path:
    """Write it as ``folder/sst2`` and the vectors as ``folder/v.txt``; returns ``folder``."""
    random = np.random.default_rng(0)
    (folder / "sst2").mkdir()
    for split, count in {"train": 64, "dev": 20, "test": 20}.items():
        lines = []
        for number in range(count):
            own = [word for word, kind in WORDS.items() if kind in (number % 2, 2)]
            lines.append(f"{number % 2}\t{' '.join(random.choice(own, 6))} {split} {number}")
        (folder / "sst2" / f"{split}.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    vectors = random.normal(0, 0.4, (len(WORDS), 9)).round(3)
    rows = [" ".join([word, *map(str, row)]) for word, row in zip(WORDS, vectors, strict=True)]
    (folder / "v.txt").write_text("\n".join([f"{len(WORDS)} 9", *rows]) + "\n", "utf-8")
    return folder
