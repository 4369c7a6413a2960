"""The data stage: texts of a named data set, and the text stage fitted on its training split."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..text.datasets import Dataset, load_dataset
from ..text.registry import dataset_names
from ..text.stage import TextStage
from .runfolder import RunFolder, settings_dict
from .settings import DataSettings

if TYPE_CHECKING:
    import torch


@dataclass
class Texts:
    """A data set with its id sequences and labels by split."""

    dataset: Dataset
    stage: TextStage
    sequences: dict[str, list[np.ndarray]]
    labels: dict[str, list[int]]


def encode_splits(dataset: Dataset, stage: TextStage) -> Texts:
    """Segment and encode all three splits."""
    sequences, labels = {}, {}
    for name in ("train", "dev", "test"):
        split = dataset.split(name)
        sequences[name] = stage.encode(split.texts)
        labels[name] = list(split.labels)
    return Texts(dataset, stage, sequences, labels)


def load_run_data(run: RunFolder) -> Dataset:
    """The data set that a run was made with, checked against the hash it was made with.

    Raises:
        InputError: the data have changed since, or are not where they were.
    """
    done = run.require("data", "train --dataset NAME --out RUN")
    settings = run.config()["data"]
    dataset = load_dataset(
        settings["dataset"], settings["data_dir"], settings["language"], settings["limit"]
    )
    if dataset.sha256 != done["sha256"]:
        raise InputError(
            f"expected the data set {dataset.name} with hash {done['sha256'][:12]}, but it now has "
            f"{dataset.sha256[:12]}: the files have changed since this run was trained"
        )
    return dataset


def with_absolute_paths(settings: DataSettings) -> DataSettings:
    """Paths made absolute, so that a run can be resumed from any folder."""

    def absolute(value: str | None) -> str | None:
        return str(Path(value).resolve()) if value and Path(value).exists() else value

    named = settings.dataset in dataset_names()
    return replace(
        settings,
        dataset=settings.dataset if named else str(absolute(settings.dataset)),
        data_dir=absolute(settings.data_dir or os.environ.get("SNNCONVERT_DATA")),
        vectors=str(absolute(settings.vectors)),
    )


def prepare_data(
    run: RunFolder, settings: DataSettings, seed: int, force: bool = False
) -> tuple[Texts, torch.Tensor]:
    """Load the data set and fit (or reload) the text stage.

    Returns:
        Encoded splits, and range-mapped vectors (V, D) that training starts from.
    """
    import torch

    from ..files import load_tensors, save_tensors

    settings = with_absolute_paths(settings)
    resolved = settings_dict(settings, seed=seed)
    dataset = load_dataset(settings.dataset, settings.data_dir, settings.language, settings.limit)
    folder = run.path / "text"
    if run.is_done("data", resolved, force):
        stage = TextStage.load(folder)
        load_run_data(run)
        return encode_splits(dataset, stage), load_tensors(folder / "vectors.safetensors")[
            "vectors"
        ]
    run.begin("data", resolved)
    stage, matrix = TextStage.fit(
        dataset.train,
        dataset.language,
        settings.vectors,
        dim=settings.dim,
        max_length=settings.max_length,
        min_count=settings.min_count,
        seed=seed,
    )
    vectors = torch.from_numpy(matrix)
    save_tensors(folder / "vectors.safetensors", {"vectors": vectors})
    stage.save(folder)
    figures = dataset.describe() | {"vocabulary": len(stage.vocabulary), "vectors": stage.coverage}
    run.finish("data", resolved, figures)
    return encode_splits(dataset, stage), vectors
