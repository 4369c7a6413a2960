"""`snnconvert demo`: the whole job on the built-in reviews, English and Chinese."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..formatting import joules, percent
from .display.aligned import table
from .display.classes import reference_rows
from .display.output import heading
from .display.tables import curve_rows
from .run import make_run
from .run_folder.records.energy import EnergyStage
from .run_folder.records.stages import models_of, record_of
from .settings.attack import AttackSettings
from .settings.convert import ConvertSettings
from .settings.data import DataSettings
from .settings.run import RunSettings

LANGUAGES = {"en": "English", "zh": "Chinese"}


def demo_settings(language: str) -> RunSettings:
    """Settings that end within a minute or two on two cores for the built-in reviews."""
    return RunSettings(
        data=DataSettings(dataset=f"builtin-{language}"),
        convert=ConvertSettings(steps=4),
        attack=AttackSettings(examples=40),
    )


def demo(out: Path | str) -> tuple[dict[str, Any], str]:
    """Make both runs under ``out``.

    Energy is a projection by the last of the shown tables, `lemaire2022`, which counts memory.

    Returns:
        The results of each run and its report by language, and one table of all figures.
    """
    figures: dict[str, Any] = {}
    rows: list[list[Any]] = []
    pages = []
    for language, title in LANGUAGES.items():
        heading(f"{title} reviews")
        run, page = make_run(Path(out) / language, demo_settings(language))
        rows += demo_rows(title, run.results())
        pages.append(page)
        figures[language] = run.results() | {"report": str(page)}
    header = [
        "reviews",
        "model",
        "T",
        "dev %",
        "test %",
        "macro F1 %",
        "spikes",
        "energy a text",
        "attack",
        "under attack % [95 %]",
    ]
    return figures, "\n".join([table(header, rows), *(f"report: {page}" for page in pages)])


def demo_rows(title: str, results: dict[str, Any]) -> list[list[Any]]:
    """One row per model and step, with macro F1, energy and robustness of each at its last step.

    Below them what needs no network, see `display.classes.reference_rows`.
    """
    rows = []
    priced = record_of(results["energy"], "energy", EnergyStage) if "energy" in results else None
    models = models_of(results)
    for name, model in models.items():
        attacks = [r for r in results.get("attack", {}).get("rows", []) if r["victim"] == name]
        curve = curve_rows(name, model)
        for i, row in enumerate(curve):
            last = i == len(curve) - 1
            shown = [_attack_cells(attack) for attack in attacks] if last else []
            score = percent(model.test.macro_f1) if last and model.test else ""
            cost = energy_cell(priced, name) if last and priced else ""
            cells = [*row[:4], score, row[4], cost]
            rows.append([title, *cells, *(shown[0] if shown else ["", ""])])
            rows += [[*[""] * 8, *cells] for cells in shown[1:]]
    rows += [[title, name, "", *cells, *[""] * 4] for name, cells in reference_rows(models)]
    return rows


def energy_cell(priced: EnergyStage, model: str) -> str:
    """What a text costs a model by the last of the shown tables, which counts memory too."""
    victim, setting = ("ann", "padding skipped") if model == "ann" else (model, "all steps")
    row = priced.of(victim, setting, priced.shown[-1])
    return joules(row.joules) if row and row.joules is not None else ""


def _attack_cells(row: dict[str, Any]) -> list[str]:
    low, high = row["accuracy_under_attack_low"], row["accuracy_under_attack_high"]
    value = percent(row["accuracy_under_attack"])
    return [f"{row['attack']} (n {row['n']})", f"{value} [{percent(low)}, {percent(high)}]"]
