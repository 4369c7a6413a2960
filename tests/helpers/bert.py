"""A BERT small enough for tests: a vocabulary of letters and a few pieces, and a table for it."""

from __future__ import annotations

import string
from pathlib import Path

import torch
from safetensors.torch import save_file

from snnconvert.text.stages.wordpiece.vocabulary import TABLE

SPECIAL = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = string.ascii_lowercase + string.digits
PIECES = ["un", "##aff", "##able", "good", "bad", "food", "film", "##s", "the", "a"]


def vocabulary() -> list[str]:
    """Its pieces in the order of their rows."""
    letters = [*LETTERS, *(f"##{letter}" for letter in LETTERS), *string.punctuation]
    return list(dict.fromkeys([*SPECIAL, *PIECES, *letters]))


def bert_folder(folder: Path, dim: int = 6, rows: int | None = None) -> Path:
    """A folder of it, whose table has ``rows`` rows, or one for each piece."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = vocabulary()
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", "utf-8")
    table = torch.randn(rows or len(pieces), dim, generator=torch.Generator().manual_seed(0))
    save_file({f"bert.{TABLE}": table, "other": torch.zeros(2)}, folder / "model.safetensors")
    return folder
