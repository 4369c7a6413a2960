"""`snnconvert train`: fit the text stage, train a network, report dev and test accuracy."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..engine.evaluate import accuracy
from ..engine.reference import ann_logits
from ..errors import InputError
from ..models.devices import find_numbers
from ..models.encoders.histogram import read_vectors
from ..models.encoders.rounding import Rounding, fit_rounding
from ..models.families import FAMILIES
from ..models.saving import save_model
from ..models.text_model import TextModel
from ..text.stages import STAGES
from ..text.stages.length import MOST, USUAL, are_long
from .data_stage import Prepared, prepare_data
from .display.output import note, warn
from .parallel.group import joined
from .parallel.processes import own_device
from .quality.baseline import LINEAR, linear_baseline
from .quality.latency import latency_figures
from .quality.quality import model_figures
from .run_folder.fingerprints import settings_dict
from .run_folder.followed import own_run
from .run_folder.run_folder import RunFolder
from .settings.data import DataSettings
from .settings.engine import DEVICE, DeviceSettings
from .settings.sizes import train_defaults
from .settings.train import TrainSettings
from .teach.read import read_targets, with_place
from .training.checkpoint import checkpoint_path
from .training.distillation.loss import distilled_by
from .training.distillation.options import with_usual
from .training.distillation.soft_targets import SoftTargets, with_targets
from .training.divergence import DivergenceError
from .training.graded import cost_scale
from .training.spiking import spiking_trainee
from .training.text_loop import Trainee, ann_trainee, text_loop
from .training.texts import Texts

OWN_VECTORS = ("train", "random")  # word vectors that come from the training texts alone


def train(
    out: Path | str,
    data: DataSettings,
    settings: TrainSettings,
    seed: int = 0,
    force: bool = False,
    where: DeviceSettings = DEVICE,
) -> RunFolder:
    """Train the ANN of a run; resumes where an interrupted call stopped.

    Args:
        out: the run folder, made where it is not there
        data: which texts and vectors
        settings: how to train
        seed: of the weights, the order of the texts and the dropout
        force: train again although it is done or was begun with other settings
        where: the device to train on

    Raises:
        InputError: bad data or settings, a network that does not read what the text stage hands on,
            no such device, or a folder that holds another run.
    """
    device = own_device(where.device)
    check_fit(data, settings)
    run = own_run(out, must_exist=False)
    settings = with_usual(with_place(settings))
    # the memory of a network that knows positions, by attention, grows with the square of a text
    most = USUAL if "positions" in settings.of_network() else MOST
    with joined() as processes, processes.locked(run):
        prepared = processes.in_turn(
            lambda: prepare_data(run, data, seed, force and processes.first, most)
        )
        stage = settings.stage
        settings = settings if force else _as_before(run, settings)
        settings = replace(settings, precision=_numbers(settings, device))
        targets = _targets(run, prepared, settings)
        further = len(targets.texts) if targets else 0
        settings = _by_data(run, data, prepared, settings, further, force)
        if data.sparsity and settings.train_vectors:
            warn(
                "the word vectors are trained with the network, which fills the zeros of "
                "--sparsity again: add --train-vectors false to keep them"
            )
        unread = settings.unread()
        resolved = settings_dict(settings, seed=seed)
        resolved = {name: value for name, value in resolved.items() if name not in unread}
        resolved |= {"lessons": targets.digest} if targets else {}
        if not run.is_done(stage, resolved):
            started = time.monotonic()
            figures = _trained(run, prepared, settings, resolved, seed, device, targets)
            figures |= {"seconds": round(time.monotonic() - started, 1)}
            run.finish(stage, resolved, figures)
        if processes.first:  # also where the last call was killed at its end
            checkpoint_path(run.path / stage, "train").unlink(missing_ok=True)
    return run


def _targets(run: RunFolder, prepared: Prepared, settings: TrainSettings) -> SoftTargets | None:
    """What the teacher said, where there is one."""
    if settings.teacher is None:
        return None
    return read_targets(settings.teacher, run, prepared.dataset.classes)


def _as_before(run: RunFolder, settings: TrainSettings) -> TrainSettings:
    """``settings`` for a run that was begun, where they are left open: as it was begun.

    One of before there was rounding or padding goes on without. What a network has none of is not
    written down (`TrainSettings.unread`).
    """
    made = run.config().get(settings.stage)
    if made is None:
        return settings
    asked = settings.input_levels is not None or settings.input_rate is not None
    if not asked and "input_levels" not in made:
        settings = replace(settings, input_levels=0)
    padded = settings.of_network().get("padding") == TrainSettings.padding
    if padded and "padding" not in made:
        settings = replace(settings, padding="none")
    if settings.pooling == "auto":
        settings = replace(settings, pooling=made.get("pooling", "max"))
    if settings.precision == "auto":  # also where it goes on on another device
        settings = replace(settings, precision=made.get("precision", "float32"))
    return settings


def _by_data(
    run: RunFolder,
    data: DataSettings,
    prepared: Prepared,
    settings: TrainSettings,
    further: int,
    force: bool,
) -> TrainSettings:
    """``settings`` with all that is left to the data filled in.

    A run that was begun before many classes had more epochs goes on with those it had.

    Args:
        run: with what was made before
        data: which vectors
        prepared: texts and text stage
        settings: as the user gave them
        further: training texts of a teacher besides
        force: nothing goes on

    Raises:
        InputError: see `_knows_marks`.
    """
    words = prepared.stage.hands_on == "ids"
    own_vectors = data.vectors in OWN_VECTORS and words and not _knows_marks(prepared, settings)
    sizes = len(prepared.dataset.train) + further, own_vectors, words
    long = are_long(prepared.stage, len(prepared.dataset.train))
    before = train_defaults(settings, *sizes, long=long)
    made = None if force else run.config().get(settings.stage)
    if made and made.get("epochs") == before.epochs:
        return before
    chosen = train_defaults(settings, *sizes, classes=len(prepared.dataset.classes), long=long)
    if settings.pooling != chosen.pooling == "mean":
        note(
            "few and long texts: the network takes the mean over positions, not the maximum "
            "(--pooling max for one that can be written as NIR)"
        )
    return chosen


def _numbers(settings: TrainSettings, device: torch.device) -> str:
    """The numbers of products; by itself not bfloat16 with QCFS, a level of which is a last bit.

    Nor for spikes, which a last bit decides over.
    """
    exact = settings.spikes or settings.activation == "qcfs"
    if settings.precision == "auto" and exact:
        return "float32"
    return find_numbers(settings.precision, device)


def check_fit(data: DataSettings, settings: TrainSettings) -> None:
    """Refuse a text stage and a network that do not fit, before any work.

    Raises:
        InputError: one is of words and the other of one vector a text, or the training of word
            vectors is asked for where the network reads none.
    """
    hands_on, reads = STAGES[data.stage].hands_on, FAMILIES[settings.model].reads
    signals = {"ids": "a sequence of words", "vectors": "one vector a text"}
    if hands_on != reads:
        models = " or ".join(name for name in FAMILIES if FAMILIES[name].reads == hands_on)
        stages = " or ".join(name for name in STAGES if STAGES[name].hands_on == reads)
        raise InputError(
            f"the text stage {data.stage} hands on {signals[hands_on]}, but the network "
            f"{settings.model} reads {signals[reads]}: give --model {models or 'of your own'}, or "
            f"--stage {stages}"
        )
    of_words = settings.train_vectors or settings.word_dropout or settings.input_levels
    if hands_on == "vectors" and of_words:
        raise InputError(
            "expected no training of word vectors, no word dropout and no input levels with the "
            f"text stage {data.stage}, which hands on one vector a text: leave --train-vectors, "
            "--word-dropout and --input-levels out"
        )


def _knows_marks(prepared: Prepared, settings: TrainSettings) -> bool:
    """Whether the network tells the texts of a pair by word vectors, which training would change.

    Raises:
        InputError: it does, and they are to be trained.
    """
    marked = prepared.stage.pairs and FAMILIES[settings.model].tells_pairs
    if marked and settings.train_vectors:
        raise InputError(
            "expected word vectors that stay as they are with pairs of texts, whose ends the "
            f"network {settings.model} knows by them, but got train_vectors: leave "
            "--train-vectors out"
        )
    return marked


def _trained(
    run: RunFolder,
    prepared: Prepared,
    settings: TrainSettings,
    resolved: dict[str, Any],
    seed: int,
    device: torch.device,
    targets: SoftTargets | None,
) -> dict[str, Any]:
    """Train, and save what came out; returns its figures, which the first process has."""
    texts, vectors = prepared.encode(), prepared.vectors
    family, classes = FAMILIES[settings.model], len(texts.dataset.classes)
    folder = run.path / settings.stage
    network = family.network(
        vectors.shape[1], classes, settings.of_network(), seed, prepared.stage.pairs
    )
    rounding = input_rounding(texts, vectors, settings)
    model = TextModel(vectors, network, bool(settings.train_vectors), rounding).to(device)
    assert settings.lr  # filled in by `train_defaults`
    trainee = _trainee(model, settings, texts)
    loop = text_loop(
        folder,
        "train",
        trainee,
        with_targets(texts, targets),
        settings,
        seed,
        settings.lr,
        vector_lr=settings.vector_lr,
        word_dropout=settings.word_dropout or 0.0,
        distilled=distilled_by(settings, trainee.loss),
    )
    loop.stamp = run.begin(settings.stage, resolved)
    with run.forgetting(settings.stage, DivergenceError):
        state = loop.run()
    if not loop.processes.first:
        return {}
    model.settle()
    save_model(folder, model, texts.dataset.classes)
    figures = _figures(run, model, texts, settings) | state.figures()
    # where they cannot be trained, nobody is advised to do so
    return figures | ({"train_vectors": None} if _knows_marks(prepared, settings) else {})


def _trainee(model: TextModel, settings: TrainSettings, texts: Texts) -> Trainee:
    """What is trained, and by what loss."""
    if settings.spikes:
        cost = settings.spike_cost * cost_scale(texts.grades.get("train"))
        return spiking_trainee(model, cost, settings.label_smoothing)
    return ann_trainee(
        model, label_smoothing=settings.label_smoothing, precision=settings.precision
    )


def input_rounding(texts: Texts, vectors: Tensor, settings: TrainSettings) -> Rounding | None:
    """What word vectors (V, D) are rounded to, by the words of the training texts."""
    if not settings.input_levels:
        return None
    read = read_vectors(vectors, texts.sequences["train"])
    return fit_rounding(*read, settings.input_levels, settings.input_rate)


def _figures(
    run: RunFolder, model: TextModel, texts: Texts, settings: TrainSettings
) -> dict[str, Any]:
    """How good the trained model is, beside a linear one."""
    logits = {name: ann_logits(model, texts.sequences[name]) for name in ("dev", "test")}
    found: dict[str, Any] = {
        f"{name}_accuracy": accuracy(rows, texts.labels[name]) for name, rows in logits.items()
    }
    return {
        **found,
        **model_figures(logits, texts),
        "latency": latency_figures(model, texts),
        "baseline": linear_baseline(
            texts, settings.class_weights, run.path / settings.stage / LINEAR
        ),
        "class_weights": settings.class_weights,
        "train_vectors": settings.train_vectors,
        "parameters": sum(p.numel() for p in model.network.parameters()),
    }
