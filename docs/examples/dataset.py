"""A data set of your own: rows to a file, and the file to a run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train
from snnconvert.text.datasets.dataset import load_dataset


def write(rows: Iterable[tuple[str, str]], path: Path) -> Path:
    """Write rows of (class, text), from wherever they come, as one JSON object a line."""
    lines = [json.dumps({"label": label, "text": text}) for label, text in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def train_on(path: Path, out: Path) -> RunFolder:
    """Say how the file is split, and train a small network on it."""
    data = load_dataset(str(path))
    print(data.language, data.classes, {name: len(data.split(name)) for name in ("train", "test")})
    print(data.split_rule)
    return train(
        out,
        DataSettings(dataset=str(path), dim=16),
        TrainSettings(widths=(2,), channels=8, epochs=2, tensorboard=False),
    )
