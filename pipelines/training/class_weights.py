"""How much each class counts in a loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def class_weights(labels: Sequence[int], classes: int) -> Tensor:
    """Weights (K,) inverse to the class frequencies, with a mean of 1 over the texts.

    scikit-learn's "balanced" weights; a class without texts has 1, which no loss reads. Texts
    without a label (-1) do not count.
    """
    from sklearn.utils.class_weight import compute_class_weight

    labels = [label for label in labels if label >= 0]
    there = sorted(set(labels))
    weights = torch.ones(classes)
    found = compute_class_weight("balanced", classes=np.array(there), y=np.array(labels))
    weights[there] = torch.from_numpy(found).float()
    return weights
