"""The section of learning curves: loss and dev accuracy of every model, epoch by epoch."""

from __future__ import annotations

from typing import Any

from ....run_folder.records.models import ModelStage
from ....run_folder.stages import kind_of
from ...drawing.files import Figure, figure
from ...drawing.looks import Looks
from ...read import Run
from ...section import Section
from .log import LOGS, Epoch, read_log
from .panels import accuracy_panel, loss_panel

Curves = dict[str, tuple[list[Epoch], ModelStage, Looks]]


class Learning(Section[Curves]):
    """How the training of each model went."""

    title = "Learning"
    stage = "ann"
    missing = "No model has been trained in this run."
    template = "learning.html"

    def read(self, run: Run) -> Curves | None:
        """The logs of training, by model; none of them where a run was made without training."""
        if not run.models:
            return None
        found: Curves = {}
        for kind, stage in run.models.items():
            name = LOGS.get(kind_of(kind))
            rows = read_log(run.folder.folder(kind) / name) if name else []
            if rows:
                found[kind] = rows, stage, run.looks
        return found

    def heading(self, figures: Curves | None) -> str:
        """What the section shows."""
        return self.title if figures is None else "Learning curves"

    def context(self, figures: Curves) -> dict[str, Any]:
        """Two figures a model."""
        return {"curves": {kind: _figures(kind, *found) for kind, found in figures.items()}}


def _figures(kind: str, rows: list[Epoch], stage: ModelStage, looks: Looks) -> dict[str, Any]:
    """Loss and accuracy as figures, and the epoch whose weights were kept."""
    best = stage.best_epoch
    table = [row.values for row in rows]
    drawn: list[Figure] = []
    for name, panel in (("loss", loss_panel), ("accuracy", accuracy_panel)):
        markup = panel(kind, rows, best, looks)
        if markup is not None:
            drawn.append(figure(f"learning-{kind}-{name}", f"{name} by epoch", markup, table))
    return {"panels": drawn, "epochs": len(rows), "best": best}


SECTION = Learning()
"""The learning curves of a report."""
