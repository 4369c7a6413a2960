"""The options of a training, whatever is trained; light, since the command line reads them here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...models.families.family import same_option
from ...options import option
from .schedule import SCHEDULES


def _by_size(text: str, least: int) -> Any:
    """An option that is chosen by the size of the data where it is not given."""
    return option(None, text, shown="by the number of texts", least=least)


LATER = ("label_smoothing", "r_drop", "average")
"""Options that runs were once without: left out of a run's settings where they are 0, so that runs
of before stay the same."""


@dataclass(frozen=True)
class LossOptions:
    """The parameters of the package's own losses, which have them as fields of their own."""

    label_smoothing: float = option(
        0.0,
        "share of the wanted distribution that all classes have alike, with losses of cross "
        "entropy",
        least=0,
        below=1,
    )
    tet_lambda: float = option(
        0.0,
        "share of the squared distance of outputs from 1, with --loss every_step",
        least=0,
        below=1,
    )
    wanted: float = option(
        1.0, "output that is wanted of a text's class, with losses of squared distance"
    )
    wanted_others: float = option(
        0.0, "output that is wanted of the other classes, with losses of squared distance"
    )


@dataclass(frozen=True)
class LoopOptions:
    """How long, in what batches, how fast, and what is written down.

    What is None is filled in by the number of training texts before the training begins.
    """

    epochs: int | None = _by_size("most epochs", least=1)
    patience: int | None = _by_size(
        "stop after this many epochs that are no better on dev", least=0
    )
    batch_size: int | None = _by_size("texts per step", least=1)
    schedule: str = option("cosine", "course of the learning rate", SCHEDULES)
    clip: float = option(5.0, "largest norm of a step's gradient; 0 for no limit", least=0)
    weight_decay: float = option(1e-2, "weight decay of AdamW", least=0)
    class_weights: bool = option(
        False,
        "weigh classes by their inverse frequency, and choose the epoch by the mean of their "
        "accuracies on dev",
    )
    tensorboard: bool = option(True, "write TensorBoard logs")
    label_smoothing: float = same_option(LossOptions, "label_smoothing")
    r_drop: float = option(
        0.0,
        "how much two passes with different dropout must agree: the weight of their divergence "
        "(R-Drop)",
        least=0,
    )
    average: float = option(
        0.0,
        "epochs over which the weights that are scored and kept are averaged; 0 for the last ones",
        least=0,
    )
