"""The data stage: texts of a data set, the text stage fitted on its training split, and both again.

What later stages read of a run (texts, text stage, models) is read here, and checked to belong
together.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from ..errors import InputError
from ..files import load_tensors, save_tensors
from ..files.regular import is_there
from ..models.devices import find_device
from ..models.memory import give_back
from ..seeds import generator
from ..text.datasets.dataset import Dataset
from ..text.datasets.named import NAMED, dataset_names
from ..text.datasets.readers.options import OPTION_NAMES
from ..text.maps.options import USUAL, options_of
from ..text.stages import STAGES
from ..text.stages.load import load_stage
from ..text.stages.stage import Stage
from ..text.writing.writing import Writing
from .display.output import note, warn
from .run_folder.fingerprints import fingerprint, settings_dict, without
from .run_folder.run_folder import RunFolder
from .settings.data import DataSettings
from .settings.engine import DEVICE, ENGINE, DeviceSettings, EngineSettings
from .sources.notes import tell_data
from .sources.place import find_data, load_settings_data, name_data, same_data
from .sources.vectors import find_vectors, same_vectors, vectors_facts
from .sources.writing import NONE, read_dictionary, resolved_writing, tell_writing, writing_of
from .training.texts import Texts

if TYPE_CHECKING:
    import numpy as np
    import torch

    from ..engine.classifier import ModelClassifier
    from ..models.snn import SpikingTextModel
    from ..models.text_model import TextModel

M = TypeVar("M")
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


def encode_splits(dataset: Dataset, stage: Stage) -> Texts:
    """Segment and encode all three splits."""
    sequences, labels, grades = {}, {}, {}
    for name in ("train", "dev", "test"):
        split = dataset.split(name)
        sequences[name] = stage.encode(split.texts)
        labels[name] = list(split.labels)
        if split.grades:
            grades[name] = list(split.grades)
    return Texts(dataset, stage, sequences, labels, grades=grades)


def load_run_data(run: RunFolder) -> Dataset:
    """The data set that a run was made with, checked against the hash it was made with.

    Where its file has moved (or the run has, to another machine) it is looked for by its hash; see
    `sources.place`.

    Raises:
        InputError: the data have changed since, or are not to be found.
    """
    done = run.require("data")
    settings = run.config().get("data")
    if settings is None:
        raise InputError(
            f"expected config.yaml of {run.path} to say which data set the run is of, but it is "
            "missing or has lost that: put it back, or give the train command of this run again "
            "with the same options, which restores it"
        )
    dataset = find_data(run, settings, str(done.get("sha256")))
    give_back()  # whole files were read and cut into cells
    return dataset


def load_run_stage(run: RunFolder) -> Stage:
    """The text stage that a run was trained with.

    Raises:
        InputError: it is missing, damaged, or that of another run.
    """
    done = run.require("data")
    with run.reading("data"):
        stage = load_stage(run.path / "text")
        if stage_hash(stage) != done.get("text_stage", stage_hash(stage)):
            raise InputError(
                f"expected the text stage in {run.path / 'text'} to be the one that the run was "
                "trained with, but it is another; copy the whole folder of the run again"
            )
    return stage


def stage_hash(stage: Stage) -> str:
    """What tells one fitted text stage from another."""
    return fingerprint(stage.identity())


def training_texts(run: RunFolder) -> int:
    """How many training texts a run has, without reading them."""
    return int(run.require("data")["sizes"]["train"])


def load_run_texts(run: RunFolder) -> Texts:
    """Texts and text stage of a run, all splits encoded."""
    return encode_splits(load_run_data(run), load_run_stage(run))


def load_run_model(
    run: RunFolder, name: str, kind: type[M], where: DeviceSettings = DEVICE
) -> tuple[M, tuple[str, ...]]:
    """A model of a run that must be of ``kind``, on the device asked for, and its class names.

    Raises:
        InputError: it has not been made, is missing, damaged or of another kind.
    """
    from ..models.saving import load_model

    run.require(name)
    with run.reading(name, whole=True):
        model, classes = load_model(run.folder(name))
        if not isinstance(model, kind):
            raise InputError(
                f"expected a {kind.__name__} in {run.folder(name)}, but it holds a "
                f"{type(model).__name__}; copy the whole folder of the run again"
            )
        _check_classes(run, name, classes)
    return model.to(find_device(where.device)), classes


def load_classifier(
    run: RunFolder, name: str, draws: int = 8, engine: EngineSettings = ENGINE
) -> ModelClassifier:
    """The model ``name`` of a run with its text stage, from texts to probabilities.

    Raises:
        InputError: it has not been made yet, or its files are missing, damaged or of another run.
    """
    from ..engine.classifier import ModelClassifier

    return ModelClassifier(*load_parts(run, name, engine), draws, **engine.choice())


def load_parts(
    run: RunFolder, name: str, where: DeviceSettings = DEVICE
) -> tuple[Stage, TextModel | SpikingTextModel, tuple[str, ...]]:
    """Text stage, model ``name`` on the device asked for, and class names of a run.

    Raises:
        InputError: it has not been made yet, or its files are missing, damaged or of another run.
    """
    from ..models.saving import load_model

    run.require(name)
    stage = load_run_stage(run)
    with run.reading(name):
        model, classes = load_model(run.folder(name))
        _check_classes(run, name, classes)
    return stage, model.to(find_device(where.device)), classes


def _check_classes(run: RunFolder, name: str, classes: tuple[str, ...]) -> None:
    """Refuse a model of other classes than those of the run's texts, which it would mix up."""
    known = run.results().get("data", {}).get("classes")
    if known is not None and list(classes) != known:
        raise InputError(
            f"expected a model of the run's classes {', '.join(known[:6])} in {run.folder(name)}, "
            f"but it is of {', '.join(classes[:6])}; copy the whole folder of the run again"
        )


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
    run: RunFolder, settings: DataSettings, seed: int, force: bool = False
) -> Prepared:
    """Load the data set and fit (or reload) the text stage.

    Args:
        run: the run folder, locked
        settings: which texts and vectors
        seed: of random and trained vectors
        force: fit again, and drop every stage of the run once that has succeeded

    Raises:
        InputError: bad data or vectors, other settings than those the run has, or changed data.
    """
    import torch

    settings = with_absolute_paths(settings)
    name_data(settings.dataset)
    if not force:
        settings = same_vectors(run, same_data(run, settings))
    words = read_dictionary(settings)
    resolved = _resolved(settings, seed) | resolved_writing(
        settings, words, run.config().get("data"), force
    )
    if run.is_done("data", resolved, force):
        return Prepared(load_run_data(run), load_run_stage(run), _load_vectors(run))
    vectors = find_vectors(run, settings.vectors)
    check_vectors(vectors)
    dataset = load_settings_data(vars(settings))
    writing = writing_of(settings, words, dataset.language)
    stage, matrix = _fitted(dataset, replace(settings, vectors=vectors), seed, writing)
    # now that nothing is wrong with either
    told = tell_data(dataset) | tell_writing(dataset, stage) | _told(stage)
    told |= vectors_facts(vectors)
    if cut := int(stage.coverage.get("train_cut", 0)):
        most, texts = settings.max_length, len(dataset.train)
        note(
            f"{cut:,} of {texts:,} training texts are longer than {most} words and are read up to "
            "there (--max-length)"
        )
    run.begin("data", resolved, force)
    if run.config().get("teacher", {}).get("data") not in (None, dataset.sha256):
        run.drop("teacher")  # it knows other texts
    table = torch.from_numpy(matrix)
    save_tensors(run.path / "text" / VECTORS, {"vectors": table})
    stage.save(run.path / "text")
    run.finish("data", resolved, data_figures(dataset, stage) | told)
    return Prepared(dataset, stage, table)


def _fitted(
    dataset: Dataset, settings: DataSettings, seed: int, writing: Writing
) -> tuple[Stage, np.ndarray]:
    """The text stage fitted on the training split, and the vectors (V, D) of its words."""
    return STAGES[settings.stage].fit(
        dataset.train,
        dataset.language,
        settings.vectors,
        dim=settings.dim,
        max_length=settings.max_length,
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


def calibration_texts(texts: Texts, count: int, seed: int) -> list:
    """Training texts, drawn by seed, that thresholds are balanced and corrections are fitted on."""
    train = texts.sequences["train"]
    order = torch.randperm(len(train), generator=generator(seed, "calibration")).tolist()
    return [train[i] for i in order[:count]]
