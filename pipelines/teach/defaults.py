"""How a teacher is trained by default on so many texts of such lengths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..settings.teach import TeachSettings

FEW, MANY = 128, 256  # tokens read of a text
LONG_SHARE = 0.1  # of the training texts; more of them are cut at `FEW` no longer
LARGE = 20_000  # texts, of which two epochs are enough
UPDATES, MOST_EPOCHS = 150, 10
"""Few texts are gone through until there were so many updates, but never more often."""


def teach_defaults(settings: TeachSettings, texts: int, lengths: Sequence[int]) -> TeachSettings:
    """``settings`` with everything filled in that was left to the data.

    Args:
        settings: as the user gave them
        texts: that the teacher is trained on
        lengths: tokens of the training texts, with no limit below `MANY`
    """
    epochs, most = settings.epochs, settings.max_tokens
    if epochs is None:
        steps = math.ceil(texts / settings.batch_size)
        least = 2 if texts >= LARGE else 3
        epochs = min(MOST_EPOCHS, max(least, math.ceil(UPDATES / steps)))
    if most is None:
        share = float(np.mean(np.asarray(lengths) > FEW))
        most = MANY if share > LONG_SHARE else FEW
    return replace(settings, epochs=epochs, max_tokens=most)
