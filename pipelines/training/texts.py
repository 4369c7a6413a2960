"""A data set as training and everything after it reads it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...text.datasets.dataset import Dataset
from ...text.stages.stage import Stage


@dataclass
class Texts:
    """A data set with its id sequences and labels by split.

    A split ``attacked``, where there is one, has dev texts as an attack left them.
    """

    dataset: Dataset
    stage: Stage
    sequences: dict[str, list[np.ndarray]]
    labels: dict[str, list[int]]
