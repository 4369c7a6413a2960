"""`snnconvert demo`: the whole job on the built-in reviews, English and Chinese."""

from __future__ import annotations

from pathlib import Path

from .run import run_all
from .settings import (
    AttackSettings,
    ConvertSettings,
    DataSettings,
    FinetuneSettings,
    RunSettings,
    TrainSettings,
)


def demo_settings(language: str) -> RunSettings:
    """Settings that end within a minute or two on two cores for the built-in reviews."""
    return RunSettings(
        data=DataSettings(dataset=f"builtin-{language}", vectors="train", dim=100),
        train=TrainSettings(epochs=20, patience=5, batch_size=32, train_vectors=True),
        convert=ConvertSettings(steps=4),
        finetune=FinetuneSettings(epochs=3, batch_size=32),
        attack=AttackSettings(examples=20),
    )


def demo(out: Path | str) -> None:
    """Make both runs under ``out`` and print their tables and reports."""
    for language in ("en", "zh"):
        run_all(Path(out) / language, demo_settings(language))
