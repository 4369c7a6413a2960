"""The logs of a training: a CSV file, and TensorBoard event files on request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SnnConvertError
from ..files import write_text

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

COLUMNS = ("epoch", "train_loss", "dev_loss", "dev_accuracy")
Row = dict[str, float]


class Logs:
    """FOLDER/NAME.csv with a line an epoch, and FOLDER/tensorboard/NAME with the same figures.

    Args:
        folder: of the model that is trained
        name: ``train`` or ``finetune``
        tensorboard: also write event files
    """

    def __init__(self, folder: Path, name: str, tensorboard: bool) -> None:
        self.folder, self.name, self.tensorboard = folder, name, tensorboard
        self.writer: SummaryWriter | None = None

    def write(self, history: Sequence[Row]) -> None:
        """Log the last row; the CSV file is written anew with all, so a resumed one has no gap.

        Raises:
            SnnConvertError: a log cannot be written.
        """
        lines = [",".join(COLUMNS)]
        lines += [",".join(str(row.get(column, "")) for column in COLUMNS) for row in history]
        write_text(self.folder / f"{self.name}.csv", "\n".join(lines) + "\n")
        if self.tensorboard:
            self._write_events(history[-1])

    def _write_events(self, row: Row) -> None:
        epoch = int(row["epoch"])
        try:
            if self.writer is None:
                from torch.utils.tensorboard import SummaryWriter

                # events of later epochs, from before a kill, are purged: they are logged again
                self.writer = SummaryWriter(
                    str(self.folder / "tensorboard" / self.name), purge_step=epoch
                )
            for column in COLUMNS[1:]:
                if column in row:
                    self.writer.add_scalar(column, row[column], epoch)
            self.writer.flush()
        except OSError as error:
            raise SnnConvertError(
                f"could not write the TensorBoard logs in {self.folder}: "
                f"{error.strerror or error}; free some space, or choose --tensorboard false"
            ) from error

    def close(self) -> None:
        """Close the event file."""
        if self.writer is not None:
            self.writer.close()
