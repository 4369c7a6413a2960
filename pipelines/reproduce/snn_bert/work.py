"""What the rows of a call share, where each lies, and the training that it is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....files import sha256
from ...run_folder.run_folder import RunFolder
from ...settings.data import DataSettings
from ...settings.reproduce import GLUE, ReproduceSettings
from ...settings.train import TrainSettings
from ...train import train
from .plan import MODELS, SMALL, Sizes
from .rows import Cell


@dataclass(frozen=True)
class Work:
    """What the rows of a call share.

    folder: where they go; data_dir: of the named data sets; vectors: file of word vectors, or
    ``train``, of data sets that are no tasks of GLUE; settings: of the command
    """

    folder: Path
    data_dir: str | None
    vectors: str
    settings: ReproduceSettings

    @property
    def sizes(self) -> Sizes:
        """Of the networks."""
        return SMALL if self.settings.quick else Sizes()

    def options(self, cell: Cell) -> dict[str, Any]:
        """Of `snnconvert train`."""
        return MODELS[cell.model].settings(self.sizes)

    def place(self, name: str) -> Path:
        """The file of a row."""
        return self.folder / "rows" / f"{name}.json"

    def run_folder(self, cell: Cell) -> Path:
        """The run that a row is measured on."""
        return self.folder / "runs" / f"{cell.name}-{self.stamp(cell)[:6]}"

    def stamp(self, cell: Cell) -> str:
        """What a row depends on, as a hash: with another one it is made anew."""
        texts = (self.settings.limit, Path(self._source(cell.dataset)).name)
        return sha256(repr((cell, sorted(self.options(cell).items()), texts)).encode())[:16]

    def _source(self, dataset: str) -> str:
        """Of word vectors."""
        return self.settings.encoder if dataset in GLUE else self.vectors

    def trained(self, cell: Cell) -> RunFolder:
        """The run of a row, trained; one that was stopped goes on.

        Raises:
            InputError: data or vectors are missing.
        """
        data = DataSettings(
            cell.dataset,
            data_dir=self.data_dir,
            stage="wordpiece" if cell.dataset in GLUE else "words",
            vectors=self._source(cell.dataset),
            limit=self.settings.limit,
        )
        settings = TrainSettings(**self.options(cell))
        return train(self.run_folder(cell), data, settings, cell.seed)
