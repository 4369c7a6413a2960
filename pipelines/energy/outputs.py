"""The files of `snnconvert energy`: JSON, Markdown, CSV, and plots as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...files import write_json, write_text
from ...formatting import csv_text, joules, markdown_table, percent
from ...typed_json import to_json
from ..display.aligned import table
from ..display.names import title
from ..display.plots import save_figure
from ..run_folder.records.energy import EnergyFile, EnergyRow, EnergyStage
from ..run_folder.records.stages import record_of
from .plots import curves_figure, overview


def write_outputs(folder: Path, found: EnergyFile, texts: Sequence[Mapping[str, Any]]) -> None:
    """Write all files of the command to ``folder``; ``texts`` are the rows of texts.csv."""
    write_json(folder / "energy.json", to_json(found))
    write_text(folder / "energy.md", markdown(found))
    for name, rows in (
        ("rows", list(map(to_json, found.rows))),
        ("layers", found.layers),
        ("curves", list(map(to_json, found.curves))),
        ("break_even", list(map(to_json, found.break_even))),
        ("texts", texts),
    ):
        write_text(folder / f"{name}.csv", csv_text(rows))
    save_figure(folder / "energy.svg", overview(found))
    if found.curves:
        save_figure(folder / "curves.svg", curves_figure(found))


def summary(figures: Mapping[str, Any]) -> str:
    """What the terminal shows of the figures of the stage, as results.json has them."""
    found = record_of(figures, "energy", EnergyStage)
    parts = [
        f"Projected energy a sentence, {found.sentences} texts of {found.split}; in brackets "
        "the ratio to the sparse ANN",
        energy_table(found),
        *found.notes,
        found.label,
    ]
    return "\n".join(parts)


def energy_table(found: EnergyStage) -> str:
    """Joules a sentence and ratio to the sparse ANN by the shown models, as aligned text."""
    models = found.shown
    lines = []
    for row in (r for r in found.rows if r.model == models[0]):
        prices = [found.of(row.victim, row.setting, model) for model in models]
        own = [title(row.victim), row.setting, f"{row.steps:.3g}", percent(row.accuracy)]
        lines.append([*own, *("-" if price is None else cell(price) for price in prices)])
    return table(["", "setting", "T", "acc. %", *models], lines)


def cell(row: EnergyRow) -> str:
    """Joules and, in brackets, the ratio to the sparse ANN."""
    ratio = row.ratio
    return joules(row.joules) + ("" if ratio is None else f" ({ratio:.3g})")


def markdown(found: EnergyFile) -> str:
    """The whole page."""
    sources = [f"- {t.model}: {t.title}. {t.source}." for t in found.tables]
    parts = [
        f"# Energy of {found.dataset}",
        found.label,
        *found.notes,
        f"## Joules a sentence ({found.sentences} texts of {found.split})",
        _rows_table(found),
        "## Break-even, spikes a synapse (rate x T)",
        _break_even_table(found),
        "## Training: operations of one epoch, SNN to ANN",
        _training_table(found),
        "## Where the prices come from",
        "\n".join(sources),
    ]
    return "\n\n".join(parts) + "\n"


def _rows_table(found: EnergyStage) -> str:
    head = ["model", "setting", "steps", "priced by", "energy", "to sparse ANN", "%"]
    rows = [
        [
            title(r.victim),
            r.setting,
            f"{r.steps:.3g}",
            r.model,
            joules(r.joules),
            _digits(r.ratio, 4),
            percent(r.accuracy),
        ]
        for r in found.rows
    ]
    return _table(head, rows)


def _break_even_table(found: EnergyStage) -> str:
    head = ["model", "layer", "priced by", "SOPs a MAC", "pays below", "pays"]
    rows = [
        [
            title(r.victim),
            r.layer,
            r.model,
            _digits(r.spikes_per_synapse),
            _digits(r.break_even),
            {True: "yes", False: "no", None: "-"}[r.pays],
        ]
        for r in found.break_even
    ]
    return _table(head, rows)


def _training_table(found: EnergyStage) -> str:
    head = ["model", "definition", "priced by", "ANN", "SNN", "energy ratio"]
    rows = [
        [
            title(r.victim),
            r.definition,
            r.model,
            _digits(r.ann_operations),
            _digits(r.snn_operations),
            _digits(r.ratio),
        ]
        for r in found.training
    ]
    return _table(head, rows)


def _digits(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}g}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table, or a dash where there are no rows."""
    return markdown_table(head, rows) if rows else "-"
