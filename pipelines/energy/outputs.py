"""The files of `snnconvert energy`: JSON, Markdown, CSV, and plots as SVG."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...energy.layers import total
from ...energy.price_table import EnergyTable
from ...files import replace_file, write_json, write_text
from ..display.tables import percent, table
from .measure import Measured

Row = dict[str, Any]
SHOWN = ("compute-fp32", "compute-int8", "lemaire2022")
COLOURS = {"snn": "#4c72b0", "finetuned": "#dd8452"}
NAMES = {
    "ann": "ANN",
    "sparse-ann": "sparse ANN",
    "quantised-ann": "quantised ANN",
    "snn": "SNN",
    "finetuned": "SNN fine-tuned",
}


def joules_text(joules: float | None) -> str:
    """Joules with three digits and a fitting unit.

    >>> [joules_text(x) for x in (1.5e-3, 2.73e-05, 6.58e-8, 4e-10, None)]
    ['1.5 mJ', '27.3 uJ', '65.8 nJ', '400 pJ', '-']
    """
    if joules is None:
        return "-"
    for factor, unit in ((1e3, "mJ"), (1e6, "uJ"), (1e9, "nJ")):
        if joules * factor >= 1:
            return f"{joules * factor:.3g} {unit}"
    return f"{joules * 1e12:.3g} pJ"


def texts_rows(
    chosen: Sequence[int],
    sequences: Sequence[np.ndarray],
    measured: Sequence[Measured],
    tables: Sequence[EnergyTable],
) -> list[Row]:
    """One row for every text and SNN: words, steps, spikes, operations and joules by table."""
    rows: list[Row] = []
    for m in measured:
        if m.victim not in COLOURS:
            continue
        columns = {
            name: np.broadcast_to(total(m.layers, name), (len(sequences),))
            for name in ("spikes_out", "sops", "macs", "updates")
        }
        joules = {t.name: t.joules(m.layers) for t in tables}
        steps = np.broadcast_to(m.layers[0].steps, (len(sequences),))
        for n, (index, sequence) in enumerate(zip(chosen, sequences, strict=True)):
            row: Row = {"victim": m.victim, "setting": m.setting, "text": index}
            row |= {"words": len(sequence), "steps": int(steps[n])}
            row |= {name: float(values[n]) for name, values in columns.items()}
            row |= {f"{k} joules": float(v[n]) for k, v in joules.items() if v is not None}
            rows.append(row)
    return rows


def write_outputs(folder: Path, found: Row, texts: Sequence[Row]) -> None:
    """Write all files of the command to ``folder``."""
    write_json(folder / "energy.json", found)
    write_text(folder / "energy.md", markdown(found))
    for name, rows in (
        ("rows", found["rows"]),
        ("layers", found["layers"]),
        ("curves", found["curves"]),
        ("break_even", found["break_even"]),
        ("texts", texts),
    ):
        write_text(folder / f"{name}.csv", csv_text(rows))
    save_svg(folder / "energy.svg", overview(found))
    if found["curves"]:
        save_svg(folder / "curves.svg", curves_figure(found))


def csv_text(rows: Sequence[Row]) -> str:
    """Rows as CSV; columns are those of all rows, in the order in which they come."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def energy_table(found: Row, models: Sequence[str] = SHOWN) -> str:
    """Joules a sentence and ratio to the sparse ANN, as aligned text."""
    header = ["", "setting", "T", "acc. %", *(m for m in models)]
    lines = []
    for row in (r for r in found["rows"] if r["model"] == models[0]):
        cells = [NAMES[row["victim"]], row["setting"], f"{row['steps']:.3g}"]
        cells.append(percent(row["accuracy"]))
        for model in models:
            match = next(
                r
                for r in found["rows"]
                if (r["victim"], r["setting"], r["model"]) == (row["victim"], row["setting"], model)
            )
            cells.append(cell(match))
        lines.append(cells)
    return table(header, lines)


def cell(row: Row) -> str:
    """Joules and, in brackets, the ratio to the sparse ANN."""
    ratio = row["ratio_to_sparse_ann"]
    return joules_text(row["joules_per_sentence"]) + ("" if ratio is None else f" ({ratio:.3g})")


def summary(found: Row) -> str:
    """What the terminal shows."""
    parts = [
        f"Projected energy a sentence, {found['sentences']} texts of {found['split']}; in brackets "
        "the ratio to the sparse ANN",
        energy_table(found),
        *found["notes"],
        found["label"],
    ]
    return "\n".join(parts)


def markdown(found: Row) -> str:
    """The whole page."""
    rows = [
        [
            NAMES[r["victim"]],
            str(r["setting"]),
            f"{r['steps']:.3g}",
            r["model"],
            joules_text(r["joules_per_sentence"]),
            "-" if r["ratio_to_sparse_ann"] is None else f"{r['ratio_to_sparse_ann']:.4g}",
            percent(r["accuracy"]),
        ]
        for r in found["rows"]
    ]
    limits = [
        [
            NAMES[r["victim"]],
            r["layer"],
            r["model"],
            f"{r['spikes_per_synapse']:.3g}",
            "-" if r["break_even"] is None else f"{r['break_even']:.3g}",
            {True: "yes", False: "no", None: "-"}[r["pays"]],
        ]
        for r in found["break_even"]
    ]
    training = [
        [
            NAMES[r["victim"]],
            r["definition"],
            r["model"],
            f"{r['ann_operations']:.3g}",
            f"{r['snn_operations']:.3g}",
            "-" if r["ratio"] is None else f"{r['ratio']:.3g}",
        ]
        for r in found["training"]
    ]
    sources = [f"- {t['model']}: {t['title']}. {t['source']}." for t in found["tables"]]
    parts = [
        f"# Energy of {found['dataset']}",
        found["label"],
        *found["notes"],
        f"## Joules a sentence ({found['sentences']} texts of {found['split']})",
        pipes(["model", "setting", "steps", "priced by", "energy", "to sparse ANN", "%"], rows),
        "## Break-even, spikes a synapse (rate x T)",
        pipes(["model", "layer", "priced by", "carries", "pays below", "pays"], limits),
        "## Training: operations of one epoch, SNN to ANN",
        pipes(["model", "definition", "priced by", "ANN", "SNN", "energy ratio"], training),
        "## Where the prices come from",
        "\n".join(sources),
    ]
    return "\n\n".join(parts) + "\n"


def pipes(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; a dash where there are no rows."""
    if not rows:
        return "-"
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _figure(width: float, height: float) -> Any:
    """A matplotlib figure that needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save_svg(path: Path, figure: Any) -> None:
    """Write a figure as SVG, the same bytes for the same figures."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "snnconvert", "svg.fonttype": "none"}):
        replace_file(
            path, lambda temporary: figure.savefig(temporary, format="svg", metadata={"Date": None})
        )


def _log_axis(axes: Any, title: str, label: str) -> None:
    """A logarithmic axis of energy, its powers of ten labelled."""
    from matplotlib.ticker import NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(label, fontsize=8)
    axes.tick_params(labelsize=7)
    axes.grid(axis="x", color="#dddddd", lw=0.6)


def overview(found: Row) -> Any:
    """Energy of every victim as points, one panel a model: on a logarithmic axis bars would lie."""
    models = [m for m in SHOWN if any(r["model"] == m for r in found["rows"])]
    figure = _figure(3.4 * len(models) + 1.6, 3.4)
    panels = figure.subplots(1, len(models), squeeze=False, sharey=True)[0]
    for axes, model in zip(panels, models, strict=True):
        rows = [r for r in found["rows"] if r["model"] == model and r["joules_per_sentence"]]
        labels = [f"{NAMES[r['victim']]}: {r['setting']}" for r in rows]
        for label, row in zip(labels, rows, strict=True):
            joules = row["joules_per_sentence"]
            axes.plot(joules, label, "o", color=COLOURS.get(row["victim"], "#777777"))
            axes.annotate(joules_text(joules), (joules, label), fontsize=6.5, xytext=(0, 5),
                          textcoords="offset points", ha="center")  # fmt: skip
        axes.margins(0.18, 0.08)
        _log_axis(axes, f"projection, {model}", "joules a sentence")
    panels[0].invert_yaxis()
    return figure


def curves_figure(found: Row) -> Any:
    """Accuracy against energy over t, with the ANN's baselines as lines, one panel a model."""
    models = [m for m in SHOWN if any(r["model"] == m for r in found["curves"])]
    figure = _figure(4.2 * len(models), 4.2)
    panels = figure.subplots(1, len(models), squeeze=False, sharey=True)[0]
    for axes, model in zip(panels, models, strict=True):
        for victim in dict.fromkeys(r["victim"] for r in found["curves"]):
            _curve(axes, found, victim, model)
        for number, r in enumerate(baselines(found, model)):
            style = ("-", "--", ":", "-.", (0, (1, 4)))[number % 5]
            name = f"{NAMES[r['victim']]}, {r['setting']}"
            axes.axvline(r["joules_per_sentence"], color="#555555", ls=style, lw=1, label=name)
        right = next(r["accuracy"] for r in found["rows"] if r["victim"] == "ann")
        axes.axhline(100 * right, color="#bbbbbb", lw=0.8)
        label = "joules a sentence (at the points: steps t)"
        _log_axis(axes, f"projection, {model}", label)
    panels[0].set_ylabel("accuracy, %", fontsize=8)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=7)
    return figure


def _curve(axes: Any, found: Row, victim: str, model: str) -> None:
    """One SNN over t, and a star where it exits early."""
    rows = [r for r in found["curves"] if (r["victim"], r["model"]) == (victim, model)]
    xs = [r["joules_per_sentence"] for r in rows]
    ys = [100 * r["accuracy"] for r in rows]
    axes.plot(xs, ys, "o-", ms=4, color=COLOURS[victim], label=NAMES[victim])
    for r, x, y in zip(rows, xs, ys, strict=True):
        axes.annotate(str(r["steps"]), (x, y), fontsize=6.5, xytext=(3, -8),
                      textcoords="offset points")  # fmt: skip
    for r in found["rows"]:
        early = (victim, "early exit", model)
        if (r["victim"], r["setting"], r["model"]) == early and r["joules_per_sentence"]:
            at = (r["joules_per_sentence"], 100 * r["accuracy"])
            name = f"{NAMES[victim]}, early exit"
            axes.plot(*at, "*", ms=10, color=COLOURS[victim], label=name)


def baselines(found: Row, model: str) -> list[Row]:
    """The rows of the ANN, dense or not, that have an energy by ``model``."""
    return [
        r
        for r in found["rows"]
        if r["model"] == model and r["victim"] not in COLOURS and r["joules_per_sentence"]
    ]
