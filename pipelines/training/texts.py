"""A data set as training and everything after it reads it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from ...text.datasets.dataset import Dataset
from ...text.stages.stage import Stage


@dataclass
class Texts:
    """A data set with its id sequences and labels by split.

    A split ``attacked``, where there is one, has dev texts as an attack left them. ``teacher`` has
    a teacher's logits (N, K) of the training texts, of which some may have no label then (-1).
    ``grades`` are those of `text.datasets.dataset.Split` by split; empty of a task without.
    """

    dataset: Dataset
    stage: Stage
    sequences: dict[str, list[np.ndarray]]
    labels: dict[str, list[int]]
    teacher: Tensor | None = None
    grades: dict[str, list[float]] = field(default_factory=dict)
