"""CPU time of inference: our engine, spikingjelly, snntorch and the published loop.

    python benchmarks/speed/inference.py [--quick] [--groups codes,variants,stream,threads,growth]

One process, one thread (but for the group of threads), variants in turn, equal outputs checked
first, medians of CPU time. Writes inference.json, .md and .png. Columns of a row: those of
`common.measure` (case, variant, code, steps, length, batch, cpu_seconds, ratio_to_spikingjelly,
equal, wall_seconds), ratio_to_spikingjelly_conv1d (`peers.py` says which form is which),
floor_seconds where the arithmetic sets a floor (`floors.py`), axis and value
of growth, threads.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from snnconvert.benchmarks.shared.common import QUICK, Row, Target, case_table, target_lines
from snnconvert.benchmarks.shared.floors import Rates, measured_rates
from snnconvert.benchmarks.shared.results import RESULTS, write_results
from snnconvert.benchmarks.shared.workload import drawn_words, mr_words
from snnconvert.benchmarks.speed.inference_cases import (
    COLD,
    INCREMENTAL,
    KEPT,
    Bench,
    Size,
    growth,
    headline,
    stream,
    threads,
    variants,
)
from snnconvert.formatting import markdown_table
from snnconvert.pipelines.display.plots import colours, new_figure

GROUPS = ("codes", "variants", "stream", "threads", "growth")
CODES = (("saf", 8), ("saf", 50), ("direct", 8), ("direct", 50), ("bitplane", 63), ("poisson", 8))
SMALL = Size(4, 8, 12, 4, 6, 3, QUICK, QUICK)
TARGETS = (
    Target("saf, T = 8", COLD, 8),
    Target("saf, T = 8", KEPT, 60),
    Target("saf, T = 50", COLD, 8),
    Target("saf, T = 50", KEPT, 60),
    Target("direct, T = 8", KEPT, 7),
    Target("direct, T = 50", KEPT, 22),
    Target("bitplane, T = 63", COLD, 45),
    Target("bitplane, T = 63", KEPT, 250),
    Target("one-word variants", INCREMENTAL, 70),
)
COLOURS = colours((KEPT, COLD), (KEPT, COLD))


def run(bench: Bench, groups: Sequence[str], quick: bool) -> Iterator[list[Row]]:
    """The rows, group after group."""
    if "codes" in groups:
        yield from headline(bench, (("saf", 3), ("bitplane", 7)) if quick else CODES)
    if "variants" in groups:
        yield variants(bench, 3 if quick else 16)
    if "stream" in groups:
        yield stream(bench, 3 if quick else 8)
    if "threads" in groups:
        yield threads(bench, 3 if quick else 50)
    if "growth" in groups:
        yield from growth(bench, quick)


def growth_lines(rows: Sequence[Row]) -> list[tuple[str, bool]]:
    """Whether time per text grows no faster than it may along T and L, with tables kept.

    Compared are the ends of an axis, from its middle on, where what a batch costs at least no
    longer hides what a step or a word costs.
    """
    lines = []
    for axis, code, limit in (("T", "saf", 1.0), ("L", "saf", 1.0), ("T", "bitplane", 0.95)):
        points = sorted(
            (row["value"], row["cpu_seconds"])
            for row in rows
            if (row.get("axis"), row["code"], row["variant"]) == (axis, code, KEPT)
        )
        if len(points) < 4:
            continue
        (x0, y0), (x1, y1) = points[len(points) // 2 - 1], points[-1]
        power = _log(y1 / y0) / _log(x1 / x0)
        allowed = limit + 0.1 if limit == 1 else limit  # caches end somewhere along the way
        text = f"{code}, time from {axis} = {x0} to {x1} grows as {axis}^{power:.2f}"
        lines.append((f"{text}, at most {allowed:g}", power <= allowed))
    return lines


def _log(x: float) -> float:
    return float(torch.tensor(x).log())


def floor_table(rows: Sequence[Row]) -> str:
    """CPU time beside its floor, for the rows that have one."""
    lines = [
        [
            row["case"],
            row["variant"],
            f"{1e3 * row['cpu_seconds']:.3g}",
            f"{1e3 * row['floor_seconds']:.3g}",
            f"{row['cpu_seconds'] / row['floor_seconds']:.1f}",
        ]
        for row in rows
        if row.get("floor_seconds")
    ]
    return markdown_table(["case", "variant", "CPU ms", "floor ms", "times the floor"], lines)


def target_report(rows: Sequence[Row], settings: Row) -> list[tuple[str, bool]]:
    """What must be shown and whether it is; nothing for the smallest sizes."""
    if settings["quick"]:
        return []
    return target_lines(TARGETS, rows) + growth_lines(rows)


def markdown(rows: Sequence[Row], settings: Row) -> str:
    """The page of the results."""
    lines = target_report(rows, settings)
    met = [f"- {'met' if good else 'MISSED'}: {text}" for text, good in lines]
    compared = [row for row in rows if "axis" not in row]
    growing = [row | {"case": f"{row['case']}: {row['value']}"} for row in rows if "axis" in row]
    parts = [
        "# Inference",
        str(__doc__).split("\n\n", 2)[2].strip(),
        "Settings: " + "; ".join(f"{name} {value}" for name, value in settings.items()),
        "## Targets",
        "\n".join(met) or "None of their cases was measured.",
        "## Beside the peers",
        case_table(compared, {"ratio_to_spikingjelly_conv1d": "times its Conv1d"}),
        "## Floors",
        floor_table(rows),
        "## Growth",
        case_table(growing),
    ]
    return "\n\n".join(parts) + "\n"


def figure(rows: Sequence[Row]) -> Any:
    """CPU time per text along every axis of growth."""
    axes_names = list(dict.fromkeys(row["axis"] for row in rows if "axis" in row))
    if not axes_names:
        return None
    whole = new_figure(3.2 * len(axes_names), 3.4)
    places = whole.subplots(1, len(axes_names), squeeze=False)[0]
    for place, axis in zip(places, axes_names, strict=True):
        curves: dict[tuple[str, str], list[tuple[int, float]]] = {}
        for row in rows:
            if row.get("axis") == axis:
                points = curves.setdefault((row["code"], row["variant"]), [])
                points.append((row["value"], 1e6 * row["cpu_seconds"] / row["batch"]))
        styles = {"saf": "-", "direct": ":", "bitplane": "--"}
        for (code, variant), points in curves.items():
            xs, ys = zip(*sorted(points), strict=True)
            place.plot(
                xs,
                ys,
                styles[code],
                marker="o",
                ms=3,
                color=COLOURS[variant],
                label=f"{code}, {variant}",
            )
        place.set_xscale("log", base=2)
        place.set_yscale("log")
        place.set_xlabel(axis)
    first = whole.axes[0]
    first.set_ylabel("CPU us per text")
    first.legend(fontsize=6)
    return whole


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--groups", type=lambda text: tuple(text.split(",")), default=GROUPS)
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (SNNCONVERT_DATA)")
    parser.add_argument("--quick", action="store_true", help="the smallest sizes, one round")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    if unknown := set(options.groups) - set(GROUPS):
        parser.error(f"expected groups of {', '.join(GROUPS)}, but got {', '.join(unknown)}")
    torch.set_num_threads(1)
    found = drawn_words(50, 4000) if options.quick else mr_words(options.data_dir)
    rates = measured_rates(64, 1, 1) if options.quick else measured_rates()
    bench = Bench(SMALL if options.quick else Size(), found, rates)
    rows: list[Row] = []
    for part in tqdm(run(bench, options.groups, options.quick), desc="inference", unit="case"):
        rows += part
    settings = _settings(bench, options.groups, rates) | {"quick": options.quick}
    write_results(options.out, "inference", settings, rows, markdown(rows, settings), figure(rows))
    for text, met in target_report(rows, settings):
        print(f"{'met   ' if met else 'MISSED'} {text}")
    return 0 if all(row["equal"] for row in rows) else 1


def _settings(bench: Bench, groups: Sequence[str], rates: Rates) -> Row:
    size = bench.size
    return {
        "texts": bench.words.source,
        "vocabulary": bench.words.vocabulary,
        "dim": size.dim,
        "filters": f"{size.channels} of each width 3, 4, 5",
        "groups": list(groups),
        "rounds": size.effort.rounds,
        "threads": 1,
        **rates.columns(),
    }


if __name__ == "__main__":
    sys.exit(main())
