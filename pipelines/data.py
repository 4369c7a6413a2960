"""What later stages read of a run: texts, text stage and models, checked to belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import torch

from ..errors import InputError
from ..models.devices import find_device
from ..models.memory import give_back
from ..models.saving import load_model
from ..moved import attributes
from ..seeds import generator
from ..text.datasets.dataset import Dataset
from ..text.stages.load import load_stage
from ..text.stages.stage import Stage
from .run_folder.fingerprints import fingerprint
from .run_folder.records.data import DataStage
from .run_folder.run_folder import RunFolder
from .settings.engine import DEVICE, ENGINE, DeviceSettings, EngineSettings
from .sources.place import find_data
from .training.texts import Texts

if TYPE_CHECKING:
    from ..engine.classifier import ModelClassifier
    from ..models.snn import SpikingTextModel
    from ..models.text_model import TextModel

M = TypeVar("M")
__getattr__ = attributes(__name__)


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
    run: RunFolder, name: str, where: DeviceSettings = DEVICE, whole: bool = False
) -> tuple[Stage, TextModel | SpikingTextModel, tuple[str, ...]]:
    """Text stage, model ``name`` on the device asked for, and class names of a run.

    ``whole`` compares every byte of the model's files with what was written, not their sizes alone.

    Raises:
        InputError: it has not been made yet, or its files are missing, damaged or of another run.
    """
    run.require(name)
    stage = load_run_stage(run)
    with run.reading(name, whole):
        model, classes = load_model(run.folder(name))
        _check_classes(run, name, classes)
    return stage, model.to(find_device(where.device)), classes


def text_columns(run: RunFolder) -> tuple[str, ...]:
    """Names of the columns of texts in the files that a run was trained on; none of named sets."""
    files = run.record("data", DataStage).source or []
    names = [file.get("text_column") for file in files if isinstance(file, dict)]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def _check_classes(run: RunFolder, name: str, classes: tuple[str, ...]) -> None:
    """Refuse a model of other classes than those of the run's texts, which it would mix up."""
    known = run.results().get("data", {}).get("classes")
    if known is not None and list(classes) != known:
        raise InputError(
            f"expected a model of the run's classes {', '.join(known[:6])} in {run.folder(name)}, "
            f"but it is of {', '.join(classes[:6])}; copy the whole folder of the run again"
        )


def calibration_texts(texts: Texts, count: int, seed: int) -> list:
    """Training texts, drawn by seed, that thresholds are balanced and corrections are fitted on."""
    train = texts.sequences["train"]
    order = torch.randperm(len(train), generator=generator(seed, "calibration")).tolist()
    return [train[i] for i in order[:count]]
