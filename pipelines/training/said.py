"""What a training says as it goes on: one line an epoch, and why it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...engine.scores import SCORES, USUAL
from ...formatting import percent

if TYPE_CHECKING:
    from .checkpoint import State

PARTS = {
    "dev_balanced_accuracy": "balanced",
    "replayed_dev_accuracy": "attacked",
    "dev_score": "mean",
    "dev_operations": "operations",
    **{f"dev_{name}": name for name in SCORES if name not in USUAL},
}
"""What a score may be made of besides accuracy, by its name in the logs, and what it is called."""


def epoch_line(name: str, row: Mapping[str, float], epochs: int, is_best: bool) -> str:
    """One line about an epoch, in columns that stand below each other.

    Args:
        name: of the training
        row: of the history: ``epoch`` (0 before the first), ``train_loss``,
            ``dev_accuracy`` and what the score is made of besides
        epochs: that there are at most
        is_best: whether no epoch before was as good on dev
    """
    number, digits = int(row["epoch"]), len(str(epochs))
    place = f"epoch {number:{digits}}/{epochs}" if number else f"{'start':{7 + 2 * digits}}"
    loss = f"{row['train_loss']:.4f}" if "train_loss" in row else f"{'-':>6}"
    score = f"dev {percent(row['dev_accuracy']):>5} %"
    parts = [f", {word} {percent(row[key])} %" for key, word in PARTS.items() if key in row]
    line = f"{name}  {place}  loss {loss}  {score}{''.join(parts)}"
    return f"{line}  best" if is_best else line


def end_line(name: str, state: State, epochs: int) -> str:
    """Which epoch is kept, and whether training stopped before its last one."""
    kept = f"epoch {state.best_epoch + 1}" if state.best_epoch >= 0 else "the model as it was"
    early = f"{name}  stopped after {state.epoch} of {epochs} epochs without a gain on dev; "
    return f"{early if state.epoch < epochs else f'{name}  '}{kept} is kept"
