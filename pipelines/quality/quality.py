"""What results.json says of a model's answers on a split, besides its accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...engine.chance import chance_figures
from ...engine.metrics import classification_figures
from ...engine.scores import SCORES, USUAL
from ..training.texts import Texts

if TYPE_CHECKING:
    from torch import Tensor


def split_figures(logits: Tensor, texts: Texts, split: str) -> dict[str, Any]:
    """The figures of `engine.metrics.classification_figures`, and `score_figures`, of a split.

    Args:
        logits: (N, K)
        texts: data set and labels
        split: of these
    """
    labels, dataset = texts.labels[split], texts.dataset
    found = classification_figures(labels, logits.argmax(dim=1).tolist(), dataset.classes)
    return found | score_figures(dataset.scores, logits, labels, texts.grades.get(split, ()))


def score_figures(
    names: Sequence[str], logits: Tensor, labels: Sequence[int], grades: Sequence[float]
) -> dict[str, Any]:
    """The task's own scores, where it has some, beside those of one answer for every text.

    Args:
        names: in `engine.scores.SCORES`
        logits: (N, K)
        labels: N class numbers
        grades: N numbers from 0 to 1; none of a task without

    Returns:
        ``task_scores`` and ``trivial_scores`` by name; nothing where accuracy is all.
    """
    if tuple(names) == USUAL:
        return {}
    return {
        "task_scores": {name: SCORES[name].of_logits(logits, labels, grades) for name in names},
        "trivial_scores": {name: SCORES[name].trivial(labels) for name in names},
    }


def model_figures(logits: Mapping[str, Tensor], texts: Texts) -> dict[str, Any]:
    """The figures of a model for its stage in results.json, from its logits (N, K) by split.

    Those of `split_figures` with the name of the split before them, and whether the model is at
    chance (`engine.chance.chance_figures`), which is judged on the test texts: the epoch was
    chosen by the dev texts, and the best of many epochs of guessing looks better than guessing.
    """
    found: dict[str, Any] = {}
    for split, rows in logits.items():
        found |= {
            f"{split}_{name}": value for name, value in split_figures(rows, texts, split).items()
        }
    return found | chance_figures(found["test_confusion_matrix"])
