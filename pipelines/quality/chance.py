"""What is said of a model at chance: in the terminal, on the error stream, and in the report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..display.classes import percent
from ..display.output import warn
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import MODELS

# `engine.chance` says when a model is at chance, and results.json holds its answer by stage
Results = Mapping[str, Mapping[str, Any]]
MOSTLY = 0.9
"""A model that answers one class for so many texts is described by that."""
TITLES = {"ann": "ANN", "snn": "converted SNN", "finetuned": "fine-tuned SNN"}
TITLES |= {"ann-adversarial": "adversarially tuned ANN"}
TITLES |= {"snn-adversarial": "adversarially tuned SNN"}
UNSURE = 0.1
"""Up to this p of `engine.chance` the words are that of a suspicion."""
UNEQUAL = 1.5
"""The largest class has so many times the texts that it would have of classes of one size."""
NOTHING = {
    "sweep": "the figures of its conversions mean nothing",
    "attack": "figures of robustness against attacks mean nothing there",
    "energy": "figures of energy mean nothing there",
}


def warn_of(run: Path | str, use: str, models: Collection[str] = MODELS) -> None:
    """Warn of what `while_used` says of the models of a run folder."""
    warn(while_used(RunFolder(run).results(), use, models))


def warn_after(results: Results, *stages: str) -> None:
    """Warn, once each, of what `after_stage` says of the models that a command has made."""
    for sentence in dict.fromkeys(after_stage(results, stage) for stage in stages):
        warn(sentence)


def after_stage(results: Results, stage: str) -> str | None:
    """What to warn of after the command that made ``stage``; None where there is nothing.

    Args:
        results: figures by stage
        stage: the model that was made
    """
    if stage not in TITLES or stage not in results:
        return None
    if stage == "ann" and too_few(results):
        return (
            f"{tested(results)} test texts are too few to tell the ANN from guessing: its figures, "
            "and those of what is made from it, say little"
        )
    if at_chance(results, "ann"):
        if stage == "ann":
            return f"{described(results, 'ann')}; {advice(results)}"
        means = f"the figures of its {'conversion' if stage == 'snn' else 'fine-tuning'} mean"
        if not at_chance(results, stage):
            means = f"a comparison of the {TITLES[stage]} with it means"
        remedy = "train it again first (see snnconvert train --help), with --force"
        if results["ann"].get("imported"):
            remedy = advice(results)
        return f"the ANN of this run is at chance, so {means} nothing: {remedy}"
    if not at_chance(results, stage):
        return None
    return f"{described(results, stage)}; {advice_for_made(stage)}"


def while_used(results: Results, use: str, models: Collection[str] = MODELS) -> str | None:
    """What to warn of where models are swept, attacked or priced; None for nothing.

    Args:
        results: figures by stage
        use: ``sweep``, ``attack`` or ``energy``
        models: those that it is of
    """
    lost = [title for name, title in TITLES.items() if name in models and at_chance(results, name)]
    if not lost:
        return None
    names = " and ".join(filter(None, (", ".join(lost[:-1]), lost[-1])))
    are = "are" if len(lost) > 1 else "is"
    return f"the {names} of this run {are} at chance: {NOTHING[use]}"


def at_chance(results: Results, stage: str) -> bool:
    """Whether the model of ``stage`` is known to be at chance."""
    return results.get(stage, {}).get("at_chance") is True


def too_few(results: Results) -> bool:
    """Whether the test texts cannot tell any ANN from guessing."""
    ann = results.get("ann", {})
    return ann.get("at_chance") is None and ann.get("chance_p") is not None


def tested(results: Results) -> int:
    """How many test texts there are."""
    return sum(map(sum, results["ann"]["test_confusion_matrix"]))


def described(results: Results, stage: str) -> str:
    """How a model is at chance, as ``the ANN is at chance: ...``, by its test texts."""
    figures = results[stage]
    classes = list(figures["test_accuracy_by_class"])
    found = how(figures["test_confusion_matrix"], classes)
    is_at = "can hardly be told from" if figures.get("chance_p", 1) <= UNSURE else "is at"
    said = f"the {TITLES[stage]} {is_at} chance: {found}"
    trained = results.get("ann", {}).get("test_accuracy")
    # an ANN of a run before there were figures by class may be at chance or not
    if stage != "ann" and trained is not None and results["ann"].get("at_chance") is False:
        said += f"; the ANN that it comes from is not ({percent(trained)} %)"
    return said


def how(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """The answers of a model at chance, in words; ``matrix`` (K, K), rows are true classes."""
    sizes = [sum(row) for row in matrix]
    answers = [sum(column) for column in zip(*matrix, strict=True)]
    texts, right = sum(sizes), sum(matrix[k][k] for k in range(len(matrix)))
    most = max(range(len(answers)), key=answers.__getitem__)
    largest = max(range(len(sizes)), key=sizes.__getitem__)
    share = f"the largest class, {classes[largest]!r}, holds {percent(sizes[largest] / texts)} %"
    if answers[most] >= MOSTLY * texts:
        return f"it answers {classes[most]!r} for {answers[most]} of {texts} test texts ({share})"
    return f"{right} of {texts} test texts are right, which guessing may give too ({share})"


def advice(results: Results) -> str:
    """What to do about a trained network at chance; nothing that has been done already."""
    figures = results["ann"]
    if figures.get("imported"):
        return (
            "check the module's vocabulary and the order of its classes (see run_from_module), or "
            "train it further"
        )
    sizes = [sum(row) for row in figures["test_confusion_matrix"]]
    ways = ["more --epochs and --patience", "other --vectors", "another --lr"]
    if not figures.get("train_vectors"):
        ways.insert(1, "--train-vectors true")
    unequal = max(sizes) * len(sizes) >= UNEQUAL * sum(sizes)
    if unequal and not figures.get("class_weights"):
        ways.insert(0, "--class-weights true")
    linear = figures.get("baseline", {})
    known = ""
    if linear.get("at_chance"):
        known = "a linear model on word counts is at chance too: see that labels fit their texts; "
    elif "test_accuracy" in linear:
        known = f"a linear model on word counts has {percent(linear['test_accuracy'])} %: "
    return f"{known}try {', '.join(ways[:-1])} or {ways[-1]}, with --force"


def advice_for_made(stage: str) -> str:
    """What to do about a network at chance that was made from one that is not."""
    if stage == "snn":
        return "try more --steps or another --recipe with --force, or let --sweep find them"
    return "convert again with more --steps, or tune with a smaller --lr or more --epochs, --force"
