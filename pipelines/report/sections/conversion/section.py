"""The conversion section: every layer, the error budget, advice, the recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....quality.chance import after_stage, at_chance
from ....run_folder.records.conversion import ConversionReport
from ....run_folder.records.models import ModelStage
from ...read import Run
from ...section import Section
from .budget import budget_context, size
from .changes import ERROR, UNITS, changes


@dataclass(frozen=True)
class ConversionFigures:
    """The conversion report, and the models that it stands between."""

    report: ConversionReport
    models: Mapping[str, ModelStage]


class Conversion(Section[ConversionFigures]):
    """What the conversion did with every layer of the ANN."""

    title = "Conversion"
    stage = "snn"
    missing = "The ANN has not been converted yet."
    template = "conversion.html"

    def read(self, run: Run) -> ConversionFigures | None:
        """The file conversion.json."""
        return ConversionFigures(run.conversion, run.models) if run.conversion else None

    def heading(self, figures: ConversionFigures | None) -> str:
        """What the section shows."""
        return self.title if figures is None else "Conversion, layer by layer"

    def context(self, figures: ConversionFigures) -> dict[str, Any]:
        """The error budget, and a warning of networks at chance."""
        models, report = figures.models, figures.report
        lost = any(at_chance(models, kind) for kind in ("ann", "snn"))
        return {
            "report": report,
            "warning": after_stage(models, "snn") if lost else None,
            "changes": changes(report.advice),
            "unit": lambda name: UNITS.get(name, ERROR),
            "budget": budget_context(report.budget),
            "size": size,
            "recipe": flat(report.recipe),
        }


def flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested mapping as one, with dotted names."""
    result: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            result |= flat(value, f"{prefix}{name}.")
        else:
            result[f"{prefix}{name}"] = value
    return result


SECTION = Conversion()
