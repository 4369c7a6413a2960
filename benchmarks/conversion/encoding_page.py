"""The tables of input codes, for the results' page and for docs/encoding.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from snnconvert.benchmarks.conversion.encoding_rows import Row
from snnconvert.benchmarks.shared.results import read_results
from snnconvert.benchmarks.shared.tables import BLOCK
from snnconvert.files import read_text, write_text
from snnconvert.formatting import NONE, markdown_table, percent
from snnconvert.models.encoders import ENCODERS
from snnconvert.models.encoders.code import Code
from snnconvert.models.encoders.encoder import code_named

MISSING = "Not measured yet: run `make bench-encoding`."
MOST_COUNT = 15  # of 4 bits


def markdown(rows: Sequence[Row], settings: Mapping[str, Any]) -> str:
    """The page beside the results."""
    steps, seeds = ", ".join(map(str, settings["steps"])), settings["seeds"]
    lines = ["# Input codes", "", f"T = {steps}; seeds {', '.join(map(str, seeds))}.", ""]
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        lines += [f"## {dataset}", "", codes_table(rows, dataset), ""]
    return "\n".join(lines)


def codes_table(rows: Sequence[Row], dataset: str) -> str:
    """A line a code: its figures at every T with bars between, means over the seeds."""
    own = [row for row in rows if row["dataset"] == dataset]
    steps = sorted({row["steps"] for row in own})
    ann = np.mean([row["ann_test_accuracy"] for row in own])
    at = " / ".join(map(str, steps))
    head = ["code", f"rate %, T = {at}", "frames", "error %", "accuracy %", "1000 SOPs"]
    lines = []
    for code in dict.fromkeys(row["code"] for row in own):
        found = [[r for r in own if (r["code"], r["steps"]) == (code, t)] for t in steps]

        def cell(name: str, form: Callable[[float], str], found: list[list[Row]] = found) -> str:
            return " / ".join(_mean(part, name, form) for part in found)

        lines.append(
            [
                f"`{code}`",
                cell("mean_rate", percent) if code_named(code).spiking else NONE,
                cell("distinct_frames", lambda value: f"{value:.1f}".removesuffix(".0")),
                cell("error", lambda value: f"{100 * value:.0f}"),
                cell("test_accuracy", percent),
                cell("sops_per_sample", lambda value: f"{value / 1000:,.0f}"),
            ]
        )
    return f"{markdown_table(head, lines)}\n\nThe ANN: {percent(float(ann))} %."


def _mean(rows: Sequence[Row], name: str, form: Callable[[float], str]) -> str:
    values = [row[name] for row in rows if row.get(name) is not None]
    return form(float(np.mean(values))) if values else NONE


def maps_table(rows: Sequence[Row], dataset: str) -> str:
    """A line a map: means over its seeds of dev and test, in each cell the figures of every T."""
    own = [row for row in rows if row["dataset"] == dataset]
    steps = sorted({row["steps"] for row in own})
    at = " / ".join(map(str, steps))
    head = ["map", "seeds", "ANN dev", f"SNN dev, T = {at}", "ANN test", "SNN test", "spikes"]
    lines = []
    for name in dict.fromkeys(row["map"] for row in own):
        found = [[r for r in own if (r["map"], r["steps"]) == (name, t)] for t in steps]

        def mean(part: Sequence[Row], column: str) -> float:
            return float(np.mean([row[column] for row in part]))

        cells = [percent(mean(found[0], "ann_dev_accuracy"))]
        cells.append(" / ".join(percent(mean(part, "dev_accuracy")) for part in found))
        cells.append(percent(mean(found[0], "ann_test_accuracy")))
        cells.append(" / ".join(percent(mean(part, "test_accuracy")) for part in found))
        cells.append(" / ".join(f"{mean(p, 'input_spikes_per_sample'):,.0f}" for p in found))
        lines.append([name, str(len({row["seed"] for row in found[0]})), *cells])
    return markdown_table(head, lines)


def chips_table() -> str:
    """Which chips take what each code sends, by what the code says of itself."""
    head = ["code", "Loihi 2", "SpiNNaker2", "Speck, DYNAP-CNN", "Akida (AKD1000)"]
    return markdown_table(head, [[f"`{name}`", *chips(code_named(name))] for name in ENCODERS])


def chips(code: Code) -> list[str]:
    """The forms in which Loihi 2, SpiNNaker2, Speck and Akida take it."""
    if not code.spiking:
        return ["graded spikes", "numbers", NONE, "rounded to 4 bits"]
    if code.rate:  # the sum over T says all
        counts = f"counts, T to {MOST_COUNT}"
        return ["spikes, or counts as graded spikes", "spikes, or counts", "spikes", counts]
    return ["spikes", "spikes", "spikes", NONE]


def write_tables(page: Path, results: Path) -> None:
    """Put the tables of ``results`` into ``page``, between ``<!-- begin NAME -->`` and ``end``.

    Raises:
        InputError: page or results that cannot be read.
    """
    write_text(page, filled(read_text(page, "a page of the documentation"), results))


def filled(page: str, results: Path) -> str:
    """``page`` with its blocks filled: ``codes_DATASET``, ``maps_DATASET`` and ``chips``."""
    tables = {"codes": ("encoding", codes_table), "maps": ("value_maps", maps_table)}

    def block(name: str) -> str:
        if name == "chips":
            return chips_table()
        kind, _, dataset = name.partition("_")
        source, made = tables[kind]
        path = results / f"{source}.json"
        rows = read_results(path)["rows"] if path.is_file() else []
        return made(rows, dataset) if any(r["dataset"] == dataset for r in rows) else MISSING

    return BLOCK.sub(lambda found: f"{found[1]}{block(found[2])}\n{found[3]}", page)
