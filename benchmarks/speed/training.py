"""CPU time and memory of a training step: our engine, spikingjelly, snntorch, the published loop.

    python benchmarks/speed/training.py [--quick] [--groups time,memory]

One process, one thread, variants in turn, loss and gradients checked first (the loss to 1e-6, all
gradients together to a relative error of 1e-5), medians of CPU time. Writes training.json and .md.
Columns of a row: those of `common.measure` (case, variant, code, steps, length, batch,
cpu_seconds, ratio_to_spikingjelly, equal, wall_seconds), gradient_error, and peak_bytes: how far
the resident memory of a process of its own rises in one step above what it was after a step on two
texts, the frames of the batch included (`training_memory.py`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from snnconvert.benchmarks.shared.common import (
    QUICK,
    USUAL,
    Case,
    Effort,
    Row,
    Target,
    Variant,
    case_table,
    measure,
    target_lines,
)
from snnconvert.benchmarks.shared.peers import CONV1D, model_of, random_vectors
from snnconvert.benchmarks.shared.results import RESULTS, write_results
from snnconvert.benchmarks.shared.workload import Words, drawn_words, mr_words
from snnconvert.benchmarks.speed.training_memory import peak_bytes
from snnconvert.benchmarks.speed.training_peers import (
    OURS,
    OURS_TORCH,
    RATE,
    Batch,
    Result,
    expected,
    frames_of,
    step_of,
)
from snnconvert.formatting import markdown_table
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.snn import SpikingTextModel

GROUPS = ("time", "memory")
ALL = ("spikingjelly", CONV1D, "snntorch", "published loop", OURS, OURS_TORCH, RATE)
FEW = ("spikingjelly", CONV1D, OURS, RATE)
# the bit-plane code runs for 2^b - 1 steps: 63 stand beside the others' 50 where time counts, and
# memory is held to its limit at 31
TIMED = (
    ("saf", 8, ALL),
    ("saf", 50, FEW),
    ("bitplane", 63, FEW),
    ("direct", 8, ALL),
    ("direct", 50, FEW),
    ("poisson", 8, FEW),
)
WEIGHED = (("saf", 50), ("bitplane", 3), ("bitplane", 31), ("bitplane", 63), ("direct", 4))
WEIGHED += (("direct", 50),)
SLOW = Effort(rounds=2, seconds=0.0)
TARGETS = (
    Target("saf, T = 8", OURS, 4.5),
    Target("saf, T = 50", OURS, 4.5),
    Target("bitplane, T = 63", OURS, 25),
)


@dataclass(frozen=True)
class Size:
    """How large the cases are; the default is what the targets name."""

    batch: int = 64
    length: int = 32
    dim: int = 300
    channels: int = 100


SMALL = Size(3, 7, 4, 3)


def job(words: Words, size: Size, code: str, steps: int) -> tuple[SpikingTextModel, Batch]:
    """A model on a grid and a batch of texts, the next ones' words as labels."""
    vectors = random_vectors(words.vocabulary, size.dim)
    model = model_of(vectors, Encoder(code), steps, size.channels).train()
    ids = torch.stack([torch.from_numpy(t) for t in words.texts(size.batch, size.length)])
    lengths = torch.full((size.batch,), size.length)
    return model, Batch(ids, lengths, torch.arange(size.batch) % 2)


def timed(
    words: Words, size: Size, effort: Effort, code: str, steps: int, names: Sequence[str]
) -> list[Row]:
    """The rows of one case."""
    model, batch = job(words, size, code, steps)
    frames = frames_of(model, batch)
    wanted = expected(model, batch, frames)
    errors: list[float] = []

    def equal(found: Result, _: Result) -> bool:
        right = wanted[found.kind]
        error = float((found.gradients - right.gradients).norm() / right.gradients.norm())
        errors.append(error)
        return abs(found.loss - right.loss) <= 1e-6 * abs(right.loss) and error < 1e-5

    variants = [Variant(name, step_of(name, model, batch, frames)) for name in names]
    rows = measure(_case(size, code, steps), variants, effort, equal=equal)
    return [row | {"gradient_error": error} for row, error in zip(rows, errors, strict=True)]


def _case(size: Size, code: str, steps: int) -> Case:
    return Case(f"{code}, T = {steps}", code, steps, size.length, size.batch)


def weighed(words: Words, size: Size, code: str, steps: int) -> list[Row]:
    """Rows of a case's peak memory: spikingjelly in both forms, and ours."""
    ids = np.stack(words.texts(size.batch, size.length))
    case = _case(size, code, steps)
    rows = []
    for name in ("spikingjelly", CONV1D, OURS, RATE):
        peak = peak_bytes(name, code, steps, ids, size.dim, size.channels)
        rows.append(case.columns() | {"variant": name, "peak_bytes": peak})
    return rows


def memory_table(rows: Sequence[Row]) -> str:
    """Peak memory in MB, one line a case."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.get("peak_bytes") is not None:
            megabytes = f"{row['peak_bytes'] / 1e6:.1f}"
            found.setdefault(str(row["case"]), {})[str(row["variant"])] = megabytes
    names = list(dict.fromkeys(name for line in found.values() for name in line))
    lines = [[case, *(line.get(name, "-") for name in names)] for case, line in found.items()]
    return markdown_table(["case", *(f"{name}, MB" for name in names)], lines)


def memory_lines(rows: Sequence[Row]) -> list[tuple[str, bool]]:
    """Whether a step needs no more memory than it may."""
    peaks = {
        (row["case"], row["variant"]): row["peak_bytes"]
        for row in rows
        if row.get("peak_bytes") is not None
    }
    limits = [
        ("saf, T = 50", "saf, T = 50", CONV1D, 1.0),
        ("bitplane, T = 31", "bitplane, T = 3", OURS, 1.5),
        ("direct, T = 50", "direct, T = 4", OURS, 1.5),
    ]
    lines = []
    for case, other, variant, limit in limits:
        if (case, OURS) in peaks and (other, variant) in peaks:
            ratio = peaks[case, OURS] / peaks[other, variant]
            text = f"peak memory, {case}: {ratio:.2f} times that of {variant} at {other}"
            lines.append((f"{text}, at most {limit:g}", ratio <= limit))
    return lines


def report(rows: Sequence[Row], quick: bool) -> list[tuple[str, bool]]:
    """What must be shown and whether it is; nothing for the smallest sizes."""
    return [] if quick else target_lines(TARGETS, rows) + memory_lines(rows)


def markdown(rows: Sequence[Row], settings: Row) -> str:
    """The page of the results."""
    met = [
        f"- {'met' if good else 'MISSED'}: {text}"
        for text, good in report(rows, bool(settings["quick"]))
    ]
    parts = [
        "# Training",
        str(__doc__).split("\n\n", 2)[2].strip(),
        "Settings: " + "; ".join(f"{name} {value}" for name, value in settings.items()),
        "## Targets",
        "\n".join(met) or "None of their cases was measured.",
        "## A step",
        case_table([row for row in rows if "cpu_seconds" in row]),
        "## Peak memory of a step",
        memory_table(rows),
    ]
    return "\n\n".join(parts) + "\n"


def run(words: Words, size: Size, groups: Sequence[str], quick: bool) -> Iterator[list[Row]]:
    """The rows, case after case."""
    if "time" in groups:
        cases = (("saf", 3, ALL), ("bitplane", 3, FEW), ("poisson", 2, FEW)) if quick else TIMED
        for code, steps, names in cases:
            effort = QUICK if quick else SLOW if steps > 8 else USUAL
            yield timed(words, size, effort, code, steps, names)
    if "memory" in groups:
        for code, steps in (("saf", 3),) if quick else WEIGHED:
            yield weighed(words, size, code, steps)


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
    size = SMALL if options.quick else Size()
    rows: list[Row] = []
    for part in tqdm(run(found, size, options.groups, options.quick), desc="training", unit="case"):
        rows += part
    settings = {
        "texts": found.source,
        "vocabulary": found.vocabulary,
        "dim": size.dim,
        "filters": f"{size.channels} of each width 3, 4, 5",
        "groups": list(options.groups),
        "threads": 1,
        "quick": options.quick,
    }
    write_results(options.out, "training", settings, rows, markdown(rows, settings))
    for text, met in report(rows, options.quick):
        print(f"{'met   ' if met else 'MISSED'} {text}")
    return 0 if all(row.get("equal", True) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
