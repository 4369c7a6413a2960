"""What a sweep shows: a table for the terminal, a CSV file, and a plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...files import write_text
from ...formatting import count, csv_text, percent
from ...models.encoders import ENCODERS
from ..display.aligned import table
from ..display.plots import MARKERS, code_colours, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = dict[str, Any]
COLUMNS = (
    "method",
    "encoder",
    "steps",
    "latency_steps",
    "dev_accuracy",
    "ann_dev_accuracy",
    "loss_points",
    "input_spikes_per_sample",
    "sops_per_sample",
    "input_macs_per_sample",
    "sop_equivalents",
    "pareto",
)


def sweep_table(rows: Sequence[Row], best: Row) -> str:
    """Rows as a table: dev accuracy, loss against the ANN, spikes and operations per text."""
    cells = []
    for row in rows:
        mark = ("*" if row["pareto"] else "") + (" best" if row is best else "")
        cells.append(
            [
                f"{row['method']} {row['encoder']}",
                row["steps"],
                row["latency_steps"],
                percent(row["dev_accuracy"]),
                f"{row['loss_points']:+.1f}",
                count(row["input_spikes_per_sample"]),
                count(row["sops_per_sample"]),
                count(row["input_macs_per_sample"]),
                mark,
            ]
        )
    header = ["method encoder", "T", "latency", "dev %", "loss", "spikes/text", "SOPs/text"]
    return table([*header, "MACs/text", ""], cells)


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Rows as CSV with a header, one number a cell."""
    write_text(path, csv_text(rows, COLUMNS))


def plot(path: Path, rows: Sequence[Row], ann_accuracy: float) -> None:
    """Dev accuracy over operations per text (log axis), the Pareto front as a line."""
    figure = new_figure(9, 5.5)
    axes = figure.add_subplot()
    _scatter(axes, rows)
    _front(axes, sorted((r for r in rows if r["pareto"]), key=lambda r: r["sop_equivalents"]))
    axes.axhline(100 * ann_accuracy, linestyle="--", color="grey", linewidth=1, label="ANN")
    axes.set_xscale("log")
    axes.set_xlabel("operations per text: SOPs, and MACs of direct input as 5.1 SOPs each")
    axes.set_ylabel("dev accuracy, %")
    axes.legend(fontsize=7, ncols=2, loc="center left", bbox_to_anchor=(1.0, 0.5))
    save_figure(path, figure)


def _place(row: Row) -> tuple[float, float]:
    """Operations and accuracy of a row in the plot."""
    return max(row["sop_equivalents"], 1.0), 100 * row["dev_accuracy"]


def _scatter(axes: Axes, rows: Sequence[Row]) -> None:
    """A point for each row: the method is its marker, the input code its colour."""
    methods = list(dict.fromkeys(row["method"] for row in rows))
    colours = code_colours([*ENCODERS, *(row["encoder"] for row in rows)])
    for method in methods:
        marker = MARKERS[methods.index(method) % len(MARKERS)]
        for encoder, colour in colours.items():
            own = [_place(r) for r in rows if (r["method"], r["encoder"]) == (method, encoder)]
            if own:
                x, y = zip(*own, strict=True)
                label = f"{method} {encoder}"
                axes.scatter(x, y, s=28, marker=marker, color=colour, label=label, alpha=0.8)


def _front(axes: Axes, front: Sequence[Row]) -> None:
    """The Pareto front as a line, with the steps of each row."""
    places = [_place(row) for row in front]
    x, y = [place[0] for place in places], [place[1] for place in places]
    axes.plot(x, y, color="black", linewidth=1, label="Pareto front")
    for row, place in zip(front, places, strict=True):
        axes.annotate(
            f"T={row['steps']}", place, xytext=(3, 4), textcoords="offset points", fontsize=7
        )
