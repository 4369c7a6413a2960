"""The files of the stage ``teacher``, from which networks learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ...files import save_tensors, write_json, write_text
from ...text.datasets.dataset import Dataset
from .read import FURTHER, LOGITS
from .sources import Auxiliary

LINE_ENDS = "\x85\u2028\u2029"  # besides those that JSON writes as escapes
SPEC = "spec.json"


def save_teacher(
    folder: Path,
    dataset: Dataset,
    more: Auxiliary,
    logits: dict[str, Tensor],
    spec: dict[str, Any],
) -> None:
    """Write logits, further texts, and what they are of.

    Args:
        folder: of the stage
        dataset: that the teacher was trained on
        more: further texts, M of them
        logits: ``train`` (N, K) and ``dev`` (n, K) in the order of the splits, ``extra`` (M, K)
        spec: what else is to be written down of the teacher

    Raises:
        SnnConvertError: a file cannot be written.
    """
    save_tensors(folder / LOGITS, logits)
    write_text(folder / FURTHER, "".join(map(_line, more.rows(dataset.classes))))
    own = {"sha256": dataset.sha256, "language": dataset.language, "classes": dataset.classes}
    counts = {name: len(rows) for name, rows in logits.items()}
    write_json(folder / SPEC, {**own, "texts": counts, **spec, "leaks": more.counts()})


def save_weights(folder: Path, number: int, model: nn.Module) -> None:
    """Write the weights that were trained: the upper half of an encoder, and its head."""
    weights = {name: p for name, p in model.named_parameters() if p.requires_grad}
    save_tensors(folder / f"weights-{number}.safetensors", weights)


def _line(row: dict[str, Any]) -> str:
    """A line of JSON which no reader takes for two: some end lines at more than LF."""
    text = json.dumps(row, ensure_ascii=False)
    return "".join(f"\\u{ord(c):04x}" if c in LINE_ENDS else c for c in text) + "\n"
