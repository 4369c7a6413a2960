"""What a training says as it goes on: one line an epoch, and why it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...formatting import percent

if TYPE_CHECKING:
    from .checkpoint import State

PARTS = {
    "dev_accuracy": "accuracy",
    "dev_balanced_accuracy": "balanced accuracy",
    "replayed_dev_accuracy": "attacked",
    "dev_score": "chosen by",
}
"""What a score may be made of, by its name in the logs, and what it is called here."""


def epoch_line(name: str, row: Mapping[str, float], epochs: int, is_best: bool) -> str:
    """One line about an epoch, in columns that stand below each other.

    Args:
        name: of the training
        row: of the history: ``epoch`` (0 before the first), ``train_loss``, ``dev_loss``,
            ``dev_accuracy`` and what that is made of
        epochs: that there are at most
        is_best: whether no epoch before was as good on dev
    """
    number, digits = int(row["epoch"]), len(str(epochs))
    place = f"epoch {number:{digits}}/{epochs}" if number else f"{'start':{7 + 2 * digits}}"
    loss = f"{row['train_loss']:.4f}" if "train_loss" in row else f"{'-':>6}"
    parts = [f"{PARTS[key]} {percent(row[key])} %" for key in PARTS if key in row]
    if len(parts) > 1:
        score = f"dev {', '.join(parts)}"
    else:
        score = f"dev {percent(row['dev_accuracy']):>5} %"
    line = f"{name}  {place}  loss {loss}  dev loss {row['dev_loss']:.4f}  {score}"
    return f"{line}  best" if is_best else line


def end_line(name: str, state: State, epochs: int) -> str:
    """Which epoch is kept, and whether training stopped before its last one."""
    kept = f"epoch {state.best_epoch + 1}" if state.best_epoch >= 0 else "the model as it was"
    early = f"{name}  stopped after {state.epoch} of {epochs} epochs, since none of the last was"
    early += " better on dev; "
    return f"{early if state.epoch < epochs else f'{name}  '}{kept} is kept"
