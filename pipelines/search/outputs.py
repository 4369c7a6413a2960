"""What a search shows: a line a trial, a table, JSON, CSV, a plot, and the best as a config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...files import write_json, write_text
from ...formatting import count, csv_text, percent
from ..convert.trials import pareto
from ..display.aligned import table
from ..display.plots import new_figure, save_figure
from ..rows.document import document
from ..run_folder.fingerprints import as_json
from ..settings.finetune import given_names
from ..settings.search import SearchSettings
from .sampler import Row, importances, scored
from .space import STAGES, Chosen, Space, with_options

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 10
"""Trials in the table of the terminal."""


def best_of(rows: Sequence[Row]) -> Row:
    """The best on dev; of equal ones the one with the fewest operations, then the earliest."""
    done = [row for row in rows if "refused" not in row]
    return min(done, key=lambda row: (-scored(row), row["sops_per_sample"], row["number"]))


def front_of(rows: Sequence[Row]) -> list[Row]:
    """The trials that no other beats in both accuracy on dev and operations, the cheapest first."""
    done = [row for row in rows if "refused" not in row]
    front = [done[i] for i in pareto(done, "sops_per_sample", scored)]
    return sorted(front, key=lambda row: float(row["sops_per_sample"]))


def line(row: Row, best: Row) -> str:
    """One trial, as it is said when it is done."""
    if "refused" in row:
        return f"trial {row['number']}  refused: {row['refused']}"
    mark = "  best" if row["number"] == best["number"] else ""
    chosen = options_text(row["chosen"])
    return f"trial {row['number']}  dev {percent(row['dev_accuracy'])} %  {chosen}{mark}"


def options_text(chosen: Chosen) -> str:
    """Options in words, as in ``train.lr 0.002, train.widths 3,4,5``."""
    if not chosen:
        return "as given"
    words = []
    for name, value in chosen.items():
        listed = isinstance(value, list | tuple)
        words.append(f"{name} {','.join(map(str, value)) if listed else value}")
    return ", ".join(words)


def write_outputs(
    folder: Path, settings: SearchSettings, space: Space, rows: Sequence[Row], seed: int
) -> Row:
    """Write every file; returns what ``search.json`` holds."""
    best, front = best_of(rows), front_of(rows)
    on_it = {row["number"] for row in front}
    flat = [row | {"front": row["number"] in on_it} for row in rows]
    found = document(flat, {"seed": seed, "trials": len(rows)})
    found |= {"best": best["number"], "importance": importances(space, rows, seed)}
    write_json(folder / "search.json", found)
    columns = sorted({"front"}.union(*rows) - {"chosen", "number"})
    cells = [{**row, **row["chosen"]} for row in flat]
    write_text(folder / "search.csv", csv_text(cells, ["number", *space, *columns]))
    _write_config(folder / "best.yaml", settings, best["chosen"], seed)
    _plot(folder / "search.png", rows, front)
    return found


def search_text(found: Row, folder: Path) -> str:
    """The table for the terminal: the best trials, what mattered, and how to use the best."""
    rows = [row for row in found["rows"] if "refused" not in row]
    refused = len(found["rows"]) - len(rows)
    best = sorted(rows, key=lambda row: (-scored(row), row["sops_per_sample"]))[:SHOWN]
    cells = [_cells(row) for row in best]
    header = ["trial", "dev %", "ANN", "SNN", "SOPs/text", "front", "options"]
    lines = [table(header, cells)]
    if "score" in rows[0]:
        lines.append(f"figures are of the task's score: {rows[0]['score']}")
    if found["importance"]:
        shares = ", ".join(f"{k} {percent(v, 0)} %" for k, v in found["importance"].items())
        lines.append(f"what the differences on dev go back to: {shares}")
    if refused:
        lines.append(f"{refused} trials were refused, see search.json")
    first, winner = found["rows"][0], next(r for r in rows if r["number"] == found["best"])
    given, chosen = (percent(scored(row, "test_accuracy")) for row in (first, winner))
    lines.append(
        f"on test: as given {given} %, the best on dev {chosen} % "
        f"(dev of the best of {len(rows)} is flattering)"
    )
    lines.append(f"use it: snnconvert run --config {folder / 'best.yaml'} --out RUN")
    return "\n".join(lines)


def _cells(row: Row) -> list[Any]:
    return [
        row["number"],
        percent(scored(row)),
        percent(scored(row, "ann_dev_accuracy")),
        percent(scored(row, "snn_dev_accuracy")),
        count(row["sops_per_sample"]),
        "*" if row["front"] else "",
        options_text(row["chosen"]),
    ]


def _write_config(path: Path, settings: SearchSettings, chosen: Chosen, seed: int) -> None:
    """The options of a trial that are not the defaults, as `snnconvert run --config` reads them."""
    import yaml

    own = with_options(settings, chosen)
    content: dict[str, Any] = _given(own.data) | {"seed": seed}
    for stage in STAGES:
        values = _given(getattr(own, stage))
        if values:
            content[stage] = values
    head = "# snnconvert run --config best.yaml --out RUN\n"
    write_text(path, head + yaml.safe_dump(as_json(content), allow_unicode=True, sort_keys=False))


def _given(settings: Any) -> dict[str, Any]:
    """The values of settings that are not their defaults."""
    return {name: getattr(settings, name) for name in given_names(settings)}


def _plot(path: Path, rows: Sequence[Row], front: Sequence[Row]) -> None:
    """Accuracy on dev by trial, with the best so far; and over operations, with the front."""
    done = [row for row in rows if "refused" not in row]
    figure = new_figure(10, 4.2)
    left, right = figure.subplots(1, 2, sharey=True)
    _by_trial(left, done)
    right.scatter(*_places(done), s=22, color="tab:blue", alpha=0.7)
    right.plot(*_places(front), color="black", linewidth=1, label="front")
    right.scatter(*_places(done[:1]), s=60, marker="x", color="tab:red", label="as given")
    right.set_xscale("log")
    right.set_xlabel("synaptic operations per text")
    right.legend(fontsize=8)
    save_figure(path, figure)


def _by_trial(axes: Axes, rows: Sequence[Row]) -> None:
    numbers = [row["number"] for row in rows]
    scores = [100 * scored(row) for row in rows]
    highest = [max(scores[: i + 1]) for i in range(len(scores))]
    axes.scatter(numbers, scores, s=22, color="tab:blue", alpha=0.7)
    axes.step(numbers, highest, where="post", color="black", linewidth=1, label="best so far")
    axes.axhline(scores[0], color="tab:red", linestyle="--", linewidth=1, label="as given")
    axes.set_xlabel("trial")
    axes.set_ylabel(f"dev {rows[0].get('score', 'accuracy')}, %")
    axes.legend(fontsize=8)


def _places(rows: Sequence[Row]) -> tuple[list[float], list[float]]:
    """Operations and accuracy of rows in the plot."""
    return (
        [max(row["sops_per_sample"], 1.0) for row in rows],
        [100 * scored(row) for row in rows],
    )
