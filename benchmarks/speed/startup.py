"""CPU time from a cold start: help, one prediction, and what their floor is.

    python benchmarks/speed/startup.py [--quick] [--run RUN]

Every variant is a process of its own; its CPU time is what the system counts for it. The floor of
a prediction is `import torch`; beside it stand the imports of the peers. `snnconvert evaluate` runs
the SNN (T = 8) on the test split: the 1,821 sentences of SST-2 where its folder is there, otherwise
the built-in reviews; what it takes once its libraries are imported is a row of its own, read from
what it prints. Columns as in `common.measure`; ``equal`` says that the process ended well and
printed what it should.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from snnconvert.benchmarks.shared.common import Case, Row, case_table
from snnconvert.benchmarks.shared.results import RESULTS, write_results
from snnconvert.pipelines.convert.convert import convert
from snnconvert.pipelines.settings.convert import ConvertSettings
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train

CASE = Case("cold start", "", 0, 0, 1)
HELP, PREDICT, EVALUATE = "snnconvert --help", "snnconvert predict", "snnconvert evaluate"
AFTER = "snnconvert evaluate, after imports"
LIMITS = {HELP: 0.3, PREDICT: 4.0, AFTER: 3.0}  # CPU seconds
TEXT = "a warm and funny film"


def small_run(folder: Path, data_dir: Path) -> Path:
    """A run folder with a converted SNN of the usual size, hardly trained."""
    large = (data_dir / "sst2").is_dir()
    data = DataSettings(
        dataset="sst2" if large else "builtin-en",
        data_dir=str(data_dir) if large else None,
        vectors="random",
        dim=300,
    )
    train(folder, data, TrainSettings(epochs=1, tensorboard=False))
    convert(folder, ConvertSettings(calibration=32, steps=8, encoder="saf"))
    return folder


def commands(run: Path) -> dict[str, tuple[list[str], str]]:
    """By variant: the words of its process, and what it must print."""
    main = ["-c", "import sys; from snnconvert.pipelines.cli import main; sys.exit(main())"]
    found = {"python": (["-c", "pass"], ""), "import torch": (["-c", "import torch"], "")}
    neurons = {"spikingjelly": "spikingjelly.activation_based.neuron", "snntorch": "snntorch"}
    for package, module in neurons.items():
        if find_spec(package):
            found[f"import {package}"] = (["-c", f"import {module}"], "")
    found[HELP] = ([*main, "--help"], "usage: snnconvert")
    found[PREDICT] = ([*main, "predict", str(run), TEXT], TEXT)
    found[EVALUATE] = ([*main, "evaluate", str(run), "--model", "snn", "--json"], '"cpu_seconds"')
    return found


def cpu_seconds(words: Sequence[str], expected: str) -> tuple[float, bool, str]:
    """CPU seconds of a Python process, whether it ended well and printed ``expected``, and what."""
    # bytecode is kept, as Python does unless it is told otherwise
    unset = "PYTHONDONTWRITEBYTECODE"
    environment = {name: value for name, value in os.environ.items() if name != unset}
    environment["OMP_NUM_THREADS"] = "1"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env=environment, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, done.returncode == 0 and expected in done.stdout, done.stdout


def measure(run: Path, rounds: int) -> list[Row]:
    """One row a variant; the first round fills caches and is not counted."""
    found = commands(run)
    times: dict[str, list[float]] = {name: [] for name in (*found, AFTER)}
    good = dict.fromkeys(times, True)
    for number in range(rounds + 1):
        for name, (words, expected) in found.items():
            spent, well, printed = cpu_seconds(words, expected)
            good[name] &= well
            if number:
                times[name].append(spent)
            if number and well and name == EVALUATE:
                times[AFTER].append(sum(json.loads(printed)["cpu_seconds"].values()))
    good[AFTER] = good[EVALUATE]
    medians = {name: statistics.median(spent) for name, spent in times.items() if spent}
    peer = medians.get("import spikingjelly")
    return [
        CASE.columns()
        | {
            "variant": name,
            "cpu_seconds": seconds,
            "ratio_to_spikingjelly": peer / seconds if peer else None,
            "equal": good[name],
        }
        for name, seconds in medians.items()
    ]


def targets(rows: Sequence[Row]) -> list[tuple[str, bool]]:
    """What must hold, in words, and whether it does."""
    return [
        (
            f"{row['variant']}: {row['cpu_seconds']:.2f} s of CPU, at most {limit:g}",
            row["cpu_seconds"] <= limit,
        )
        for row in rows
        if (limit := LIMITS.get(row["variant"]))
    ]


def markdown(rows: Sequence[Row]) -> str:
    """The page of the results."""
    met = [f"- {'met' if good else 'MISSED'}: {text}" for text, good in targets(rows)]
    return "\n\n".join(
        ["# Start-up", str(__doc__).split("\n\n", 2)[2].strip(), case_table(rows), "\n".join(met)]
    )


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--run", type=Path, help="run folder (default: makes a small one)")
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (SNNCONVERT_DATA)")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    rounds = 1 if options.quick else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        place = options.data_dir or Path(os.environ.get("SNNCONVERT_DATA", "../shared/data"))
        run = options.run or small_run(Path(folder) / "run", place)
        rows = measure(run, rounds)
    write_results(options.out, "startup", {"rounds": rounds}, rows, markdown(rows) + "\n")
    for text, met in targets(rows):
        print(f"{'met   ' if met else 'MISSED'} {text}")
    return 0 if all(row["equal"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
