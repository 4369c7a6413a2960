"""The log of a training, a line an epoch."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

from .....errors import InputError
from .....files import read_text

LOGS = {"ann": "train.csv", "spiking": "train.csv", "finetuned": "finetune.csv"}
"""The file in the folder of each model that is trained."""


@dataclass(frozen=True)
class Epoch:
    """One line: its number, counted from 1, and every figure of it that is finite."""

    number: int
    values: dict[str, float]

    def get(self, name: str) -> float | None:
        """A figure, None where the log has none."""
        return self.values.get(name)


def read_log(path: Path) -> list[Epoch]:
    """The epochs of a log; none where there is no file.

    Raises:
        InputError: no table, or a figure that is no number; the message names the file.
    """
    if not path.is_file():
        return []
    reader = csv.DictReader(io.StringIO(read_text(path, "a training log")))
    try:
        return [_epoch(row, path, line) for line, row in enumerate(reader, 2)]
    except csv.Error as error:
        raise InputError(
            f"expected a training log, a line an epoch, in {path}, but {error}; delete the file to "
            "leave the learning curves out"
        ) from None


def _epoch(row: dict[str, str | None], path: Path, line: int) -> Epoch:
    """A line of the file; what it leaves empty, or has in no column, is not there."""
    values: dict[str, float] = {}
    for name, text in row.items():
        if not name or not isinstance(text, str) or not text:
            continue
        try:
            values[name] = float(text)
        except ValueError:
            raise InputError(
                f"expected a number for {name} in line {line} of {path}, but got {text!r}; "
                "delete the file to leave the learning curves out"
            ) from None
    number = values.get("epoch")
    if number is None or not math.isfinite(number):
        raise InputError(
            f"expected an epoch in line {line} of {path}; delete the file to leave the learning "
            "curves out"
        )
    return Epoch(int(number), {k: v for k, v in values.items() if math.isfinite(v)})
