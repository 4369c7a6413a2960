"""What an epoch of training is chosen by: how good the model is on dev."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ...engine.evaluate import accuracy
from ...engine.metrics import balanced_accuracy
from ...engine.scores import SCORES
from ...models.snn import step_currents
from .losses.loss import Loss
from .losses.mean_logits import MeanLogits
from .texts import Texts

# id sequences to logits (N, K) in evaluation mode, or to running logits (T, N, K)
Logits = Callable[[Sequence[np.ndarray]], Tensor]
# a score, and what it was made of by name, to another score; it may add to the latter
Judge = Callable[[float, dict[str, float]], float]


@dataclass
class DevScore:
    """Scores a model on dev; calling it gives (score, loss), the higher and the lower the better.

    The score is the accuracy. With class weights it is the balanced accuracy: a training that
    counts every class the same would be undone by choosing the epoch that favours large classes.
    A task that has a score of its own is chosen by that.
    Where ``texts`` has a split ``attacked`` (dev texts as an attack left them), the score is the
    mean of the scores on the two.

    logits: of whole splits, (N, K), or running logits (T, N, K) after each step
    texts: id sequences and labels by split
    weight: class weights (K,), None for none
    loss: what training makes small
    after_each: score running logits after each step, and take the mean; otherwise after the last
    parts: what the score was made of, by name, for the logs; empty where it is the plain accuracy
    judge: what the score on dev comes to, by what else it was made of; None for itself
    task: name in `engine.scores.SCORES` of the task's own score; None where it has none
    """

    logits: Logits
    texts: Texts
    weight: Tensor | None = None
    loss: Loss = field(default_factory=MeanLogits)
    after_each: bool = False
    parts: dict[str, float] = field(default_factory=dict)
    task: str | None = None
    judge: Judge | None = None

    def __call__(self) -> tuple[float, float]:
        """(score, loss) of the model as it is now."""
        right, score, loss = self._split("dev")
        if self.task is not None:
            self.parts.update({"dev_accuracy": right, f"dev_{self.task}": score})
        elif self.weight is not None:
            self.parts.update(dev_accuracy=right, dev_balanced_accuracy=score)
        if self.judge is not None:
            self.parts.update(dev_accuracy=right)
            score = self.judge(score, self.parts)
        if "attacked" not in self.texts.sequences:
            return score, loss
        right_under, under, loss_under = self._split("attacked")
        both = (score + under) / 2
        self.parts.update(dev_accuracy=right, replayed_dev_accuracy=right_under, dev_score=both)
        return both, (loss + loss_under) / 2

    def _split(self, split: str) -> tuple[float, float, float]:
        """(accuracy, score, loss) on a split; the loss weighs classes as training does."""
        found = self.logits(self.texts.sequences[split])  # (N, K) or (T, N, K)
        running = found if found.dim() == 3 else found.unsqueeze(0)
        ends = self._ends(len(running))
        rows = [self._scores(running[: end + 1], split) for end in ends]
        if self.after_each:
            self.parts.update(
                {
                    f"{split}_accuracy_after_1": rows[0][0],
                    f"{split}_accuracy_after_{len(rows)}": rows[-1][0],
                }
            )
        right, score, loss = (sum(column) / len(rows) for column in zip(*rows, strict=True))
        return right, score, loss

    def _ends(self, steps: int) -> range:
        """The steps after which dev is scored."""
        return range(0 if self.after_each else steps - 1, steps)

    def _scores(self, running: Tensor, split: str) -> tuple[float, float, float]:
        """(accuracy, score, loss) after the last of the running logits (T, N, K)."""
        read = step_currents(running) if self.loss.every_step else running[-1]
        labels, grades = self.texts.labels[split], self.texts.grades.get(split, [])
        loss = float(self.loss.loss(read, torch.tensor(grades or labels), self.weight))
        right = accuracy(running[-1], labels)
        if self.task is not None:
            return right, SCORES[self.task].of_logits(running[-1], labels, grades), loss
        if self.weight is None:
            return right, right, loss
        return right, balanced_accuracy(labels, running[-1].argmax(dim=1).tolist()), loss
