"""Small sets by the names of GLUE's tasks, pairs, single texts and grades, and a BERT."""

from __future__ import annotations

from pathlib import Path

from .bert import bert_folder

PLACES = ("good food", "bad film", "the a", "films", "food 1", "a2")


def write_toy_glue(base: Path) -> Path:
    """``rte`` (a text follows from the same), ``cola``, ``stsb`` and ``bert``; gives ``base``."""
    pairs, single = [], []
    for i in range(60):
        first, second = PLACES[i % 6], PLACES[(i + i // 6 % 2) % 6]
        pairs.append(f"{int(first != second)}\t{first} of {i}\t{second} of {i}")
        single.append(f"{int(i % 4 > 0)}\t{first} of {i}")
    graded = [f"{5 - i % 51 / 10}\t{row[2:]}" for i, row in enumerate(pairs)]
    for name, rows in (("rte", pairs), ("cola", single), ("stsb", graded)):
        (base / "glue" / name).mkdir(parents=True)
        for split, own in (("train", rows), ("dev", rows[::3]), ("test", rows[1::3])):
            if split == "test" and name != "stsb":
                continue
            text = "".join(f"{row}\n" for row in own)
            (base / "glue" / name / f"{split}.tsv").write_text(text, "utf-8")
    bert_folder(base / "bert")
    return base
