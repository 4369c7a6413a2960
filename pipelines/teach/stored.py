"""The files of the stage ``teacher``, from which networks learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ...files import save_tensors, write_json, write_text
from ...text.datasets.dataset import Dataset
from .sources import Auxiliary

LOGITS, TEXTS, SPEC = "logits.safetensors", "extra.jsonl", "spec.json"


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
    rows = more.rows(dataset.classes)
    write_text(folder / TEXTS, "".join(f"{json.dumps(r, ensure_ascii=False)}\n" for r in rows))
    own = {"sha256": dataset.sha256, "language": dataset.language, "classes": dataset.classes}
    counts = {name: len(rows) for name, rows in logits.items()}
    write_json(folder / SPEC, {**own, "texts": counts, **spec, "leaks": more.counts()})


def save_weights(folder: Path, number: int, model: nn.Module) -> None:
    """Write the weights that were trained: the upper half of an encoder, and its head."""
    weights = {name: p for name, p in model.named_parameters() if p.requires_grad}
    save_tensors(folder / f"weights-{number}.safetensors", weights)
