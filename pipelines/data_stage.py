"""The data stage: texts of a data set, the text stage fitted on its training split, both saved."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ..errors import InputError
from ..files import load_tensors, save_tensors
from ..files.regular import is_there
from ..text.datasets.dataset import Dataset
from ..text.datasets.named import NAMED, dataset_names
from ..text.datasets.readers.options import OPTION_NAMES
from ..text.maps.options import USUAL, options_of
from ..text.stages import STAGES
from ..text.stages.length import MOST, usual_length
from ..text.stages.length import USUAL as USUAL_LENGTH
from ..text.stages.prepared import prepared
from ..text.stages.stage import Stage
from ..text.stages.words import TextStage
from ..text.writing.writing import Writing
from .data import encode_splits, load_run_data, load_run_stage, stage_hash
from .display.output import note, warn
from .run_folder.fingerprints import settings_dict, without
from .run_folder.run_folder import RunFolder
from .settings.data import DataSettings
from .sources.notes import tell_data
from .sources.place import load_settings_data, name_data, same_data
from .sources.vectors import find_vectors, same_vectors, vectors_facts
from .sources.writing import NONE, read_dictionary, resolved_writing, tell_writing, writing_of
from .training.texts import Texts

if TYPE_CHECKING:
    import numpy as np

VECTORS = "vectors.safetensors"


@dataclass
class Prepared:
    """What training begins with: texts, text stage and range-mapped vectors (V, D)."""

    dataset: Dataset
    stage: Stage
    vectors: torch.Tensor

    def encode(self) -> Texts:
        """Segment and encode all three splits."""
        return encode_splits(self.dataset, self.stage)


def with_absolute_paths(settings: DataSettings) -> DataSettings:
    """Paths made absolute, so that a run can be resumed from any folder."""

    def absolute(value: str | None) -> str | None:
        return str(Path(value).resolve()) if value and is_there(value) else value

    dataset, vectors = settings.dataset, settings.vectors
    folder = settings.data_dir or os.environ.get("SNNCONVERT_DATA")
    return replace(
        settings,
        dataset=dataset if dataset in dataset_names() else str(absolute(dataset)),
        data_dir=absolute(folder) if dataset in NAMED else None,
        vectors=vectors if vectors in ("train", "random") else str(absolute(vectors)),
        vocabulary=absolute(settings.vocabulary),
    )


def check_vectors(source: str) -> None:
    """Refuse a file of word vectors that is not there, before the texts are segmented.

    Raises:
        InputError: ``source`` can only be a path, and there is no such file.
    """
    is_path = os.sep in source or Path(source).suffix
    if is_path and not is_there(Path(source).expanduser()):
        raise InputError(
            f"expected word vectors at {source}, but there is no such file; other choices are "
            "train and random"
        )


def prepare_data(
    run: RunFolder, settings: DataSettings, seed: int, force: bool = False, most: int = MOST
) -> Prepared:
    """Load the data set and fit (or reload) the text stage.

    Args:
        run: the run folder, locked
        settings: which texts and vectors
        seed: of random and trained vectors
        force: fit again, and drop every stage of the run once that has succeeded
        most: words that are read of a text at most, where the settings leave it open

    Raises:
        InputError: bad data or vectors, other settings than those the run has, or changed data.
    """
    settings = with_absolute_paths(settings)
    name_data(settings.dataset)
    if not force:
        settings = _as_before(run, same_vectors(run, same_data(run, settings)))
    words = read_dictionary(settings)
    resolved = _resolved(settings, seed) | resolved_writing(
        settings, words, run.config().get("data"), force
    )
    if run.is_done("data", resolved, force):
        return Prepared(load_run_data(run), load_run_stage(run), _load_vectors(run))
    vectors = find_vectors(run, settings.vectors)
    check_vectors(vectors)
    dataset = load_settings_data(vars(settings))
    telling = dataset.train.texts if STAGES[settings.stage].takes_graphemes else ()
    writing = writing_of(settings, words, dataset.language, telling)
    stage, matrix = _fitted(dataset, replace(settings, vectors=vectors), seed, writing, most)
    # now that nothing is wrong with either
    told = tell_data(dataset) | tell_writing(dataset, stage) | _told(stage)
    told |= vectors_facts(vectors)
    cut = int(stage.coverage.get("train_cut", 0))
    if cut and isinstance(stage, TextStage):
        note(
            f"{cut:,} of {len(dataset.train):,} training texts are longer than {stage.max_length} "
            "words and are read up to there (--max-length)"
        )
    run.begin("data", resolved, force)
    if run.config().get("teacher", {}).get("data") not in (None, dataset.sha256):
        run.drop("teacher")  # it knows other texts
    table = torch.from_numpy(matrix)
    save_tensors(run.path / "text" / VECTORS, {"vectors": table})
    stage.save(run.path / "text")
    run.finish("data", resolved, data_figures(dataset, stage) | told)
    return Prepared(dataset, stage, table)


def _as_before(run: RunFolder, settings: DataSettings) -> DataSettings:
    """``settings`` whose texts are cut as those of the run were, where nothing is said of it."""
    if settings.max_length is None:
        return replace(settings, max_length=run.config().get("data", {}).get("max_length"))
    return settings


def _fitted(
    dataset: Dataset, settings: DataSettings, seed: int, writing: Writing, most: int
) -> tuple[Stage, np.ndarray]:
    """The text stage fitted on the training split, and the vectors (V, D) of its words."""
    stage, length = STAGES[settings.stage], settings.max_length
    if length is None and stage is TextStage:
        cut = prepared(TextStage, dataset.language, writing)
        length = min(most, usual_length(dataset.train.texts, cut))
    return stage.fit(
        dataset.train,
        dataset.language,
        settings.vectors,
        dim=settings.dim,
        max_length=length or USUAL_LENGTH,
        min_count=settings.min_count,
        seed=seed,
        writing=writing,
        maps=options_of(settings),
        vocabulary=settings.vocabulary,
    )


def _resolved(settings: DataSettings, seed: int) -> dict[str, Any]:
    """The settings that tell a run from others, without those of `sources.writing`."""
    resolved = settings_dict(settings, seed=seed)
    # absent at their defaults, so that runs of before there were such options are the same still
    later = (
        dict.fromkeys((*OPTION_NAMES, "vocabulary")) | {"stage": DataSettings.stage} | vars(USUAL)
    )
    resolved = {k: v for k, v in resolved.items() if k not in later or v != later[k]}
    return without(resolved, tuple(NONE))


def data_figures(dataset: Dataset, stage: Stage) -> dict[str, Any]:
    """What every run records of its data."""
    return dataset.describe() | {
        "text_stage": stage_hash(stage),
        "vocabulary": len(stage.words),
        "vectors": stage.coverage,
    }


def _told(stage: Stage) -> dict[str, Any]:
    """Say what loading a file of word vectors gave; the figures that record it."""
    told = stage.vector_report
    if told is None:
        return {}
    note(f"word vectors: {told.summary}")
    warn(told.warning)
    warn(told.script_warning)
    figures: dict[str, Any] = {"vectors": stage.coverage | told.figures}
    figures["vectors_summary"] = told.summary
    return figures | ({"vectors_warning": told.warning} if told.warning else {})


def _load_vectors(run: RunFolder) -> torch.Tensor:
    """The vectors (V, D) that training starts from."""
    path = run.path / "text" / VECTORS
    tensors = load_tensors(path, "word vectors")
    words = run.require("data").get("vocabulary")
    if set(tensors) != {"vectors"} or tensors["vectors"].shape[0] != words:
        raise InputError(
            f"expected the vectors of {words} words in {path}, but it holds something else; copy "
            "the whole folder of the run again"
        )
    return tensors["vectors"]
