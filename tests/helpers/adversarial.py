"""A small adversarial fine-tuning: its options, and the figures of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DATA = ["--limit", "200", "--dim", "16", "--max-length", "24", "--vectors", "random"]
TRAIN = ["--widths", "2,3", "--channels", "12", "--train-vectors", "true", "--epochs", "8"]
TRAIN += ["--patience", "8", "--lr", "0.01", "--batch-size", "16", "--tensorboard", "false"]
TRAIN += ["--vector-lr", "0.01"]
SMALL = ["--adversarial-texts", "24", "--adversarial-dev-texts", "16", "--adversarial-share", "0.3"]
SMALL += ["--adversarial-rounds", "2", "--epochs", "2", "--lr", "0.01", "--batch-size", "32"]
SMALL += ["--tensorboard", "false"]
TUNE = ["--adversarial", "deepwordbug", *SMALL]


def results(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "results.json").read_text("utf-8")))
