"""A training step of the spiking encoder: token by token, and shown four times.

    python benchmarks/speed/spiking_bert.py [--quick] [--cases 128x32,256x64] [--batches 8]
        [--processes 5]

The ways take turns batch by batch in one process, with weights of one shape, fused AdamW and one
thread. ``individual`` and ``repeat`` are run with little memory, as `snnconvert train` does;
``by nodes`` is the network's own nodes with autograd; ``spikingjelly`` has its LIFNode in
multi-step mode in place of ours; ``loop`` steps the neurons token by token. Times are CPU time,
medians over batches; the interval of a ratio of sums is a bootstrap over batches. ``kept`` is what
autograd keeps after the forward pass of one batch, by distinct storage, without parameters: exact,
and the same on every machine. ``peak`` is how far the resident memory of a process rises in one
step on a whole batch (Linux; a fresh process each, median of five).
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from snnconvert.benchmarks.shared.common import Row
from snnconvert.benchmarks.shared.results import RESULTS, write_results
from snnconvert.benchmarks.shared.tables import encoders
from snnconvert.benchmarks.speed.spiking_bert_memory import peak_bytes
from snnconvert.benchmarks.speed.spiking_bert_ways import LAYERS, OURS, STEPS, WORDS, draw, ways
from snnconvert.engine.tokens.turns import ratio_interval, step_bytes, step_seconds

FIRST = 2  # batches that warm up


def measure(dim: int, batch: int, batches: int, processes: int) -> list[Row]:
    """One row a way; ``processes`` of each measure the peak."""
    random = torch.Generator().manual_seed(0)
    compared = ways(dim)
    texts = [draw(batch, random) for _ in range(FIRST + batches + 1)]
    times = step_seconds(compared, texts[:-1], FIRST)
    kept = step_bytes(compared, texts[-1])
    rows = [_row(name, dim, batch, times, kept) for name in compared]
    peaks = {name: peak_bytes(name, dim, batch, processes) for name in compared}
    own = peaks[OURS]
    for row in rows:
        peak = peaks[row["way"]]
        row |= {"peak_bytes": peak, "peak_times_individual": peak / own if peak and own else None}
    return rows


def _row(
    name: str, dim: int, batch: int, times: dict[str, list[float]], kept: dict[str, int]
) -> Row:
    low, high = ratio_interval(times[name], times[OURS])
    return {
        "dim": dim,
        "batch": batch,
        "batches": len(times[name]),
        "way": name,
        "cpu_seconds": statistics.median(times[name]),
        "times_individual": sum(times[name]) / sum(times[OURS]),
        "low": low,
        "high": high,
        "kept_bytes": kept[name],
        "kept_times_individual": kept[name] / kept[OURS],
    }


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and write the results; returns the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two small batches")
    parser.add_argument("--cases", default="128x32,256x64", help="hidden sizes and batches")
    parser.add_argument("--batches", type=int, default=8)
    parser.add_argument("--processes", type=int, default=5, help="that measure a peak each")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    torch.set_num_threads(1)
    cases = "16x4" if options.quick else options.cases
    rows: list[Row] = []
    for case in cases.split(","):
        dim, batch = map(int, case.split("x"))
        batches, processes = (2, 1) if options.quick else (options.batches, options.processes)
        rows += measure(dim, batch, batches, processes)
    settings = {"words": WORDS, "steps": STEPS, "layers": LAYERS, "texts": "15 to 35 tokens"}
    said = str(__doc__).split("\n\n", 2)[2]
    page = f"# A training step of the spiking encoder\n\n{said}\n{encoders(rows)}\n"
    write_results(options.out, "spiking_bert", settings, rows, page)
    print(encoders(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
