"""The GPU benchmark: what is compared, what is timed, and the page of both."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from snnconvert.benchmarks.gpu.equality import Size, all_rows, command_rows, row
from snnconvert.benchmarks.gpu.timing import (
    CODES,
    Device,
    Job,
    Rates,
    inference_rows,
    training_rows,
)
from snnconvert.benchmarks.shared.common import Row, ratio_text, seconds_text
from snnconvert.benchmarks.shared.results import RESULTS, write_results
from snnconvert.errors import SnnConvertError, one_line
from snnconvert.formatting import markdown_table

SELECTION = "SJ_IF_CUDA_IMPLEMENTATION"  # read by spikingjelly when it is imported


def markdown(settings: Row, checks: Sequence[Row], rows: Sequence[Row]) -> str:
    """The results as a page."""
    about = (
        f"{settings['gpu']}; a copy moves {settings['copy_bytes_per_second'] / 1e9:.0f} GB/s, a "
        f"float32 product reaches {settings['product_flops_per_second'] / 1e12:.1f} TFLOP/s; "
        f"spikingjelly's neurons: {settings['spikingjelly']}; {settings['seconds']:.0f} s in all."
    )
    left = settings["left_out"]
    late = f"\n\nNot timed, for want of time: {', '.join(left)}." if left else ""
    return (
        f"# The GPU\n\n{about}\n\n## Beside the CPU\n\n{_checked(checks)}\n\n"
        f"## Times\n\n{_timed(rows)}{late}\n"
    )


def _checked(checks: Sequence[Row]) -> str:
    """Every comparison of one kind and engine in one line, and what is not equal by itself."""
    kinds: dict[tuple[str, str], list[Row]] = {}
    for check in checks:
        kinds.setdefault((check["case"], check["variant"]), []).append(check)
    lines = []
    for (case, variant), found in kinds.items():
        wrong = [check["about"] for check in found if not check["equal"]]
        errors = [check["error"] for check in found]
        worst = "-" if None in errors else f"{max(errors):.1g}"
        equal = "yes" if not wrong else f"NO: {'; '.join(wrong)}"
        lines.append([case, variant, str(len(found)), worst, f"{found[0]['allowed']:g}", equal])
    head = ["what", "engine", "comparisons", "largest error", "allowed", "equal"]
    return markdown_table(head, lines)


def _timed(rows: Sequence[Row]) -> str:
    head = ["case", "variant", "code", "T", "L", "batch", "time", "times spikingjelly"]
    head += ["floor", "time / floor", "peak MiB", "equal"]
    lines = []
    for found in rows:
        floor, peak = found["floor_seconds"], found["peak_bytes"]
        ratio = found["ratio_to_spikingjelly"]
        keys = ("case", "variant", "code", "steps", "length", "batch")
        lines.append(
            [
                *(str(found[key]) for key in keys),
                seconds_text(found["seconds"]),
                ratio_text(ratio) if ratio else "-",
                seconds_text(floor) if floor else "-",
                f"{found['seconds'] / floor:.1f}" if floor else "-",
                f"{peak / 2**20:.0f}" if peak is not None else "-",
                "yes" if found["equal"] else "NO",
            ]
        )
    return markdown_table(head, lines)


def check_gpu() -> None:
    """Raise `SnnConvertError` where there is no GPU."""
    if not torch.cuda.is_available():
        raise SnnConvertError(
            "expected an NVIDIA GPU that torch can use, but found none: nothing was measured or "
            "written; run this on a machine with a GPU and a CUDA build of torch"
        )


def checks_of(device: str, size: Size | None = None) -> list[Row]:
    """Every comparison with the CPU."""
    rows = all_rows(torch.device(device), size or Size())
    print(f"{len(rows)} comparisons: done", flush=True)
    try:
        return rows + command_rows(device)
    except (RuntimeError, ImportError) as error:
        return [*rows, row("commands", "auto", one_line(error), float("inf"))]


def measure_all(options: argparse.Namespace) -> tuple[Row, list[Row], list[Row]]:
    """Settings, comparisons and times of the whole benchmark."""
    begun = time.monotonic()
    checks = checks_of("cuda")
    device = Device("cuda")
    rates = Rates.measured(device)
    rows: list[Row] = []
    left: list[str] = []
    jobs = [Job(*code, options.length, batch) for batch in options.batches for code in CODES]
    for job in jobs:
        if time.monotonic() - begun > options.seconds:
            left.append(f"{job.code}, T = {job.steps}, batch {job.batch}")
            continue
        rows += inference_rows(job, device, rates, options.rounds)
        if job.batch == min(options.batches):
            rows += training_rows(job, device, rates, options.rounds)
        torch.cuda.empty_cache()
        print(f"{job.code}, T = {job.steps}, batch {job.batch}: done", flush=True)
    settings: Row = {
        "gpu": torch.cuda.get_device_name(),
        "copy_bytes_per_second": rates.bytes,
        "product_flops_per_second": rates.flops,
        "spikingjelly": options.spikingjelly,
        "rounds": options.rounds,
        "seconds": round(time.monotonic() - begun, 1),
        "left_out": left,
    }
    return settings, checks, rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, measure and write; returns the exit code."""

    def numbers(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in text.split(","))

    made = argparse.ArgumentParser(
        description="Check the GPU against the CPU, and measure it against spikingjelly."
    )
    made.add_argument("--batches", type=numbers, default=(64, 1024))
    made.add_argument("--length", type=int, default=32)
    made.add_argument("--rounds", type=int, default=10)
    made.add_argument(
        "--seconds", type=float, default=220, help="after so many no further job is timed"
    )
    made.add_argument(
        "--spikingjelly",
        choices=("auto", "cuda", "triton", "torch"),
        default="auto",
        help="which of its neurons' implementations",
    )
    made.add_argument("--out", type=Path, default=RESULTS)
    options = made.parse_args(arguments)
    os.environ[SELECTION] = options.spikingjelly
    try:
        check_gpu()
        settings, checks, rows = measure_all(options)
    except SnnConvertError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        return error.exit_code
    page = markdown(settings, checks, rows)
    write_results(options.out, "gpu", settings, rows, page, more={"checks": checks})
    wrong: list[Any] = [found for found in (*checks, *rows) if not found["equal"]]
    for found in wrong:
        print(f"not equal: {found}", file=sys.stderr)
    return 1 if wrong else 0
