"""Write the tables of docs/performance.md from the results, so that no figure is typed.

    python benchmarks/shared/tables.py [--check]

A table stands between the lines ``<!-- begin NAME -->`` and ``<!-- end NAME -->``. What was not
measured says so. With ``--check`` nothing is written; the exit code is 1 where the page is not what
the results say.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from snnconvert.benchmarks.shared.common import Row, ratio_text, seconds_text
from snnconvert.benchmarks.shared.peers import CONV1D
from snnconvert.benchmarks.shared.results import RESULTS, read_results
from snnconvert.benchmarks.speed.inference_cases import COLD, KEPT
from snnconvert.errors import SnnConvertError, one_line
from snnconvert.files import read_text, write_text
from snnconvert.formatting import markdown_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
MISSING = "Not measured yet: run `make bench`."
BLOCK = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)
Content = dict[str, object]


def compared(rows: Sequence[Row]) -> str:
    """Every case against the peers: CPU time, ratios to both forms of spikingjelly, the floor."""
    lines = []
    for row in rows:
        if "axis" in row or row["case"] == "threads":
            continue
        floor = row.get("floor_seconds")
        lines.append(
            [
                row["case"],
                row["variant"],
                seconds_text(row["cpu_seconds"]),
                ratio_text(row["ratio_to_spikingjelly"]),
                ratio_text(row.get("ratio_to_spikingjelly_conv1d")),
                f"{row['cpu_seconds'] / floor:.1f}" if floor else "-",
            ]
        )
    head = ["case", "variant", "CPU", "times spikingjelly", "times its Conv1d", "times the floor"]
    return markdown_table(head, lines)


def growing(rows: Sequence[Row]) -> str:
    """By axis: CPU time of one text at both ends, and the power between neighbours' ends."""
    curves: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    for row in rows:
        if "axis" in row:
            place = curves.setdefault((row["axis"], row["code"], row["variant"]), [])
            place.append((row["value"], row["cpu_seconds"] / row["batch"]))
    lines = []
    for (axis, code, variant), points in curves.items():
        points.sort()
        (x0, y0), (x1, y1) = points[len(points) // 2], points[-1]
        power = math.log(y1 / y0) / math.log(x1 / x0) if x1 > x0 else math.nan
        shown = ", ".join(f"{x}: {seconds_text(y)}" for x, y in points)
        lines.append([axis, code, variant, shown, f"{power:.2f}"])
    head = ["axis", "code", "variant", "CPU of one text at each value", "power of the upper half"]
    return markdown_table(head, lines)


def threaded(rows: Sequence[Row]) -> str:
    """CPU and wall time on one thread and on two."""
    lines = [
        [
            str(row["threads"]),
            row["variant"],
            seconds_text(row["cpu_seconds"]),
            seconds_text(row["wall_seconds"]),
        ]
        for row in rows
        if row["case"] == "threads"
    ]
    return markdown_table(["threads", "variant", "CPU", "wall"], lines)


def listed(rows: Sequence[Row]) -> str:
    """Every timed row: case, variant, CPU time and ratio, and what else a benchmark adds."""
    rows = [row for row in rows if "cpu_seconds" in row]
    extra = {"texts_per_second": ("texts a second", lambda value: f"{value:.3g}")}
    shown = {name: made for name, made in extra.items() if any(name in row for row in rows)}
    head = ["case", "variant", "CPU", "times spikingjelly", *(title for title, _ in shown.values())]
    lines = [
        [
            row["case"],
            row["variant"],
            seconds_text(row["cpu_seconds"]),
            ratio_text(row["ratio_to_spikingjelly"]),
            *(
                text(row[name]) if row.get(name) is not None else "-"
                for name, (_, text) in shown.items()
            ),
        ]
        for row in rows
    ]
    return markdown_table(head, lines)


def peaks(rows: Sequence[Row]) -> str:
    """Peak memory of a training step, a line a case and a column a variant."""
    found = {(r["case"], r["variant"]): r["peak_bytes"] for r in rows if "peak_bytes" in r}
    variants = list(dict.fromkeys(variant for _, variant in found))
    lines = [
        [
            case,
            *(
                f"{found[place] / 1e6:.3g}" if (place := (case, v)) in found else "-"
                for v in variants
            ),
        ]
        for case in dict.fromkeys(case for case, _ in found)
    ]
    return markdown_table(["MB", *variants], lines)


def chosen(rows: Sequence[Row]) -> str:
    """In one line a case: how many times faster than each form of spikingjelly."""
    found = {(row["case"], row["variant"]): row["cpu_seconds"] for row in rows if "axis" not in row}
    lines = []
    for case in dict.fromkeys(case for case, _ in found):
        peers = [found.get((case, name)) for name in ("spikingjelly", CONV1D)]
        if peers[0] is None:
            continue
        cells = [
            ratio_text(peer / ours if peer and ours else None)
            for ours in (found.get((case, COLD)), found.get((case, KEPT)))
            for peer in peers
        ]
        lines.append([case, *cells])
    head = ["case", "new tables", "against Conv1d", "kept tables", "against Conv1d"]
    return markdown_table(head, lines)


def encoders(rows: Sequence[Row]) -> str:
    """A training step of the spiking encoder: time, kept memory and its peak, of every way."""
    head = ["D", "batch", "way", "CPU a step", "times individual (95 %)", "kept, MB", "times"]
    head += ["peak, MB", "times"]
    lines = [
        [
            *(str(row["dim"]), str(row["batch"]), row["way"], seconds_text(row["cpu_seconds"])),
            f"{row['times_individual']:.2f} ({row['low']:.2f} to {row['high']:.2f})",
            f"{row['kept_bytes'] / 1e6:.1f}",
            f"{row['kept_times_individual']:.2f}",
            *_peak(row),
        ]
        for row in rows
    ]
    return markdown_table(head, lines)


def _peak(row: Row) -> tuple[str, str]:
    """The rise of resident memory; nothing where it was not measured."""
    if not row.get("peak_bytes"):
        return "-", "-"
    return f"{row['peak_bytes'] / 1e6:.1f}", f"{row['peak_times_individual']:.2f}"


TABLES: dict[str, tuple[str, Callable[[Sequence[Row]], str]]] = {
    "chosen": ("inference", chosen),
    "compared": ("inference", compared),
    "growing": ("inference", growing),
    "threaded": ("inference", threaded),
    "training": ("training", listed),
    "peaks": ("training", peaks),
    "attack": ("attack", listed),
    "startup": ("startup", listed),
    "encoders": ("spiking_bert", encoders),
}


def block(name: str, results: Path) -> str:
    """The content of the block ``name``.

    Raises:
        InputError: results that cannot be read.
    """
    if name == "machine":
        return machine(results)
    source, made = TABLES[name]
    path = results / f"{source}.json"
    if not path.is_file():
        return MISSING
    return made(read_results(path)["rows"])


def machine(results: Path) -> str:
    """Where the results come from: machine, versions, rates."""
    path = results / "inference.json"
    if not path.is_file():
        return MISSING
    content = read_results(path)
    versions = ", ".join(f"{name} {version}" for name, version in content["versions"].items())
    settings = content["settings"]
    return (
        f"{content['machine']}; {versions}. Texts: {settings['texts']}. One thread multiplies "
        f"matrices at {settings['gemm_gflops']} GFLOP/s and reads memory at "
        f"{settings['read_gbytes']} GB/s."
    )


def filled(page: str, results: Path) -> str:
    """``page`` with the content of its blocks."""
    return BLOCK.sub(lambda m: f"{m[1]}{block(m[2], results)}\n{m[3]}", page)


def main(words: Sequence[str] | None = None) -> int:
    """Write or check the page; returns the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    try:
        page = read_text(options.page)
        made = filled(page, options.results)
    except SnnConvertError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        return error.exit_code
    if options.check:
        return int(made != page)
    write_text(options.page, made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
