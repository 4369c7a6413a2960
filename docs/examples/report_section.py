"""A section of your own in the report: how training went, epoch by epoch."""

from __future__ import annotations

import csv
from pathlib import Path

from snnconvert.pipelines.report.cells import Cell, Groups
from snnconvert.pipelines.report.format import percent
from snnconvert.pipelines.report.page import report
from snnconvert.pipelines.report.read import Run
from snnconvert.pipelines.report.section import Section
from snnconvert.pipelines.report.sections import SECTIONS

Epochs = list[dict[str, str]]


class Training(Section[Epochs]):
    """Accuracy on dev after every epoch of training."""

    title, stage = "Training", "ann"
    template = Path(__file__).with_name("report_section.html")

    def read(self, run: Run) -> Epochs | None:
        """The log of the training, which lies beside the model."""
        path = run.path / "ann" / "train.csv"
        return list(csv.DictReader(path.open(encoding="utf-8"))) if path.is_file() else None

    def row(self, figures: Epochs) -> Groups:
        """The best accuracy on dev, where runs are compared."""
        best = max(float(epoch["dev_accuracy"]) for epoch in figures)
        return {"Training": {"Best accuracy on dev": Cell(percent(best), "", best)}}


def page_of(run: Path) -> Path:
    """Add the section, and write the report of ``run``."""
    if "training" not in SECTIONS:
        SECTIONS.add("training", Training())
    return report(run)
