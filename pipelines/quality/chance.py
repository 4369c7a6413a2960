"""What is said of a model at chance: in the terminal, on the error stream, and in the report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...engine.chance import LEVEL
from ...formatting import listing, percent
from ..display.names import in_sentence
from ..display.output import warn
from ..run_folder.records.models import ModelStage
from ..run_folder.records.stages import models_of
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import kind_of

# `engine.chance` says when a model is at chance, and the records of a run hold its answer
Models = Mapping[str, ModelStage]
MOSTLY = 0.9
"""A model that answers one class for so many texts is described by that."""
UNSURE = 0.1
"""Up to this p of `engine.chance` the words are that of a suspicion."""
UNEQUAL = 1.5
"""The largest class has so many times the texts that it would have of classes of one size."""
NOTHING = {
    "sweep": "the figures of its conversions mean nothing",
    "attack": "figures of robustness against attacks mean nothing there",
    "energy": "figures of energy mean nothing there",
}


def warn_of(run: Path | str, use: str, models: Collection[str] | None = None) -> None:
    """Warn of what `while_used` says of the models of a run folder."""
    warn(while_used(RunFolder(run).models(), use, models))


def warn_after(results: Mapping[str, Any], *stages: str) -> None:
    """Warn, once each, of what `after_stage` says of the models that a command has made.

    Args:
        results: figures by stage, as results.json has them
        stages: that were made
    """
    models = models_of(results)
    for sentence in dict.fromkeys(after_stage(models, stage) for stage in stages):
        warn(sentence)


def after_stage(models: Models, stage: str) -> str | None:
    """What to warn of after the command that made ``stage``; None where there is nothing.

    Args:
        models: of the run, by stage
        stage: the model that was made
    """
    if stage not in models:
        return None
    if stage == "ann" and too_few(models):
        return (
            f"{tested(models)} test texts are too few to tell the ANN from guessing: its figures, "
            "and those of what is made from it, say little"
        )
    if at_chance(models, "ann") and stage != "spiking":
        return _of_lost_ann(models, stage)
    if not at_chance(models, stage):
        return None
    return f"{described(models, stage)}; {advice_for_made(stage, models)}"


def _of_lost_ann(models: Models, stage: str) -> str:
    """What to say after ``stage`` where the ANN is at chance."""
    if stage == "ann":
        return f"{described(models, 'ann')}; {advice(models)}"
    means = f"the figures of its {'conversion' if kind_of(stage) == 'snn' else 'fine-tuning'} mean"
    if not at_chance(models, stage):
        means = f"a comparison of the {in_sentence(stage)} with it means"
    remedy = "train it again first (see snnconvert train --help), with --force"
    if models["ann"].imported:
        remedy = advice(models)
    return f"the ANN of this run is at chance, so {means} nothing: {remedy}"


def while_used(models: Models, use: str, of: Collection[str] | None = None) -> str | None:
    """What to warn of where models are swept, attacked or priced; None for nothing.

    Args:
        models: of the run, by stage
        use: ``sweep``, ``attack`` or ``energy``
        of: those that it is of, None for all
    """
    chosen = [name for name in models if of is None or name in of]
    lost = [in_sentence(name) for name in chosen if at_chance(models, name)]
    if not lost:
        return None
    are = "are" if len(lost) > 1 else "is"
    return f"the {listing(lost)} of this run {are} at chance: {NOTHING[use]}"


def at_chance(models: Models, stage: str) -> bool:
    """Whether the model of ``stage`` is known to be at chance."""
    return stage in models and models[stage].at_chance is True


def too_few(models: Models) -> bool:
    """Whether the test texts cannot tell any ANN from guessing."""
    ann = models.get("ann")
    return ann is not None and ann.at_chance is None and ann.chance_p is not None


def tested(models: Models) -> int:
    """How many test texts there are."""
    figures = models["ann"].test
    return sum(figures.sizes) if figures else 0


def described(models: Models, stage: str) -> str:
    """How a model is at chance, as ``the ANN is at chance: ...``, by its test texts."""
    model, ann = models[stage], models.get("ann")
    p = 1 if model.chance_p is None else model.chance_p
    text = (
        f"the {in_sentence(stage)} {'can hardly be told from' if p <= UNSURE else 'is at'} chance"
    )
    if model.test:
        text += f": {how(model.test.confusion_matrix, list(model.test.accuracy_by_class), p)}"
    # an ANN of a run before there were figures by class may be at chance or not
    if stage not in ("ann", "spiking") and ann is not None and ann.at_chance is False:
        text += f"; the ANN that it comes from is not ({percent(ann.test_accuracy)} %)"
    return text


def how(matrix: Sequence[Sequence[int]], classes: Sequence[str], p: float = 1.0) -> str:
    """The answers of a model at chance, in words.

    Args:
        matrix: (K, K), rows are true classes
        classes: K names
        p: that guessing gives as many right answers
    """
    sizes = [sum(row) for row in matrix]
    answers = [sum(column) for column in zip(*matrix, strict=True)]
    texts, right = sum(sizes), sum(matrix[k][k] for k in range(len(matrix)))
    most = max(range(len(answers)), key=answers.__getitem__)
    largest = max(range(len(sizes)), key=sizes.__getitem__)
    share = f"the largest class, {classes[largest]!r}, holds {percent(sizes[largest] / texts)} %"
    if answers[most] >= MOSTLY * texts:
        return f"it answers {classes[most]!r} for {answers[most]} of {texts} test texts ({share})"
    if p <= LEVEL:  # more than guessing gives, and next to nothing all the same
        return f"{right} of {texts} test texts are right, hardly more than by guessing ({share})"
    return f"{right} of {texts} test texts are right, which guessing may give too ({share})"


def advice(models: Models, stage: str = "ann") -> str:
    """What to do about a trained network at chance; nothing that has been done already."""
    ann = models[stage]
    if ann.imported:
        return (
            "check the module's vocabulary and the order of its classes (see run_from_module), or "
            "train it further"
        )
    sizes = ann.test.sizes if ann.test else []
    ways = ["more --epochs and --patience", "other --vectors", "another --lr"]
    if ann.train_vectors is False:
        ways.insert(1, "--train-vectors true")
    unequal = bool(sizes) and max(sizes) * len(sizes) >= UNEQUAL * sum(sizes)
    if unequal and not ann.class_weights:
        ways.insert(0, "--class-weights true")
    return f"{_beside_words(ann)}try {listing(ways, 'or')}, with --force"


def _beside_words(ann: ModelStage) -> str:
    """What a linear model on the same texts says of them."""
    linear = ann.baseline
    if linear is None:
        return ""
    if linear.at_chance:
        return "a linear model on word counts is at chance too: see that labels fit their texts; "
    return f"a linear model on word counts has {percent(linear.test_accuracy)} %: "


def advice_for_made(stage: str, models: Models) -> str:
    """What to do about a network at chance that was made from one that is not, or from none."""
    if stage == "spiking":
        return advice(models, stage)
    if kind_of(stage) == "snn":
        return "try more --steps or another --recipe with --force, or let --sweep find them"
    return "convert again with more --steps, or tune with a smaller --lr or more --epochs, --force"
