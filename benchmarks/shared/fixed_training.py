"""The training of the networks in committed results, whatever the package's defaults become.

Figures in `docs/reproduction` and of the conversion benchmark come from networks trained so.
`configs/robustness-*.yaml` have the same values.
"""

from __future__ import annotations

from typing import Any

OPTIMISER: dict[str, Any] = {"batch_size": 64, "schedule": "constant", "clip": 0.0}
TRAIN: dict[str, Any] = OPTIMISER | {
    "epochs": 20,
    "patience": 3,
    "lr": 1e-3,
    "train_vectors": False,
    "word_dropout": 0.0,
    "input_levels": 0,
    "padding": "none",
}
