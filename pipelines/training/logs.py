"""The logs of a training: a CSV file, and TensorBoard event files on request."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ...errors import SnnConvertError
from ...files import write_text

COLUMNS = ("epoch", "train_loss", "dev_loss", "dev_accuracy")
Row = dict[str, float]


def _columns(row: Row) -> list[str]:
    """The columns of every training, and then what else this one writes down."""
    return [*COLUMNS, *(name for name in row if name not in COLUMNS)]


class Logs:
    """FOLDER/NAME.csv with a line an epoch, and FOLDER/tensorboard/NAME with the same figures.

    Args:
        folder: of the model that is trained
        name: ``train`` or ``finetune``
        tensorboard: also write event files
    """

    def __init__(self, folder: Path, name: str, tensorboard: bool) -> None:
        self.folder, self.name, self.tensorboard = folder, name, tensorboard
        self.events: BinaryIO | None = None

    def write(self, history: Sequence[Row]) -> None:
        """Log the last row; the CSV file is written anew with all, so a resumed one has no gap.

        Raises:
            SnnConvertError: a log cannot be written.
        """
        columns = _columns(history[-1])
        lines = [",".join(columns)]
        lines += [",".join(str(row.get(column, "")) for column in columns) for row in history]
        write_text(self.folder / f"{self.name}.csv", "\n".join(lines) + "\n")
        if not self.tensorboard:
            return
        try:
            self._write_events(history[-1])
        except OSError as error:
            raise SnnConvertError(
                f"could not write the TensorBoard logs in {self.folder}: "
                f"{error.strerror or error}; free some space, or choose a folder you can write to"
            ) from error

    def _write_events(self, row: Row) -> None:
        """Append one row.

        TensorBoard's record format is written here and now: its own event writers do that in a
        thread, where a full disk ends in a traceback.
        """
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.record_writer import RecordWriter

        step = int(row["epoch"])
        values = [Summary.Value(tag=c, simple_value=row[c]) for c in _columns(row)[1:] if c in row]
        events = [Event(step=step, summary=Summary(value=values))]
        if self.events is None:
            folder = self.folder / "tensorboard" / self.name
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"events.out.tfevents.{time.time_ns()}.{os.getpid()}"
            self.events = path.open("wb", buffering=0)
            # epochs that were logged before a kill, and are logged again, count once
            start = Event(step=step, session_log=SessionLog(status=SessionLog.START))
            events = [Event(file_version="brain.Event:2"), start, *events]
        for event in events:
            event.wall_time = time.time()
            RecordWriter(self.events).write(event.SerializeToString())

    def close(self) -> None:
        """Close the event file."""
        if self.events is not None:
            self.events.close()
