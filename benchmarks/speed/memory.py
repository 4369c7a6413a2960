"""Peak memory and CPU time of `convert` and `energy` of a trained run, at several numbers of steps.

    python benchmarks/speed/memory.py RUN [--steps 4,64] [--encoder saf] [--commands convert]

Every command is a process of its own on a copy of RUN, with one thread; the system says what its
whole process took at most (libraries, word vectors and texts included) and its CPU time. Prints a
table in Markdown.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from snnconvert.errors import SnnConvertError

MAIN = ["-c", "import sys; from snnconvert.pipelines.cli import main; sys.exit(main())"]
UNIT = 1 if sys.platform == "darwin" else 1024  # of the system's figure: bytes there, else KiB
# a process that begins as a copy of a large one has its memory for a peak, so a small one watches
WATCH = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
_, status, used = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_maxrss, used.ru_utime, used.ru_stime)
"""
Row = tuple[str, int, float, float]


def cost(words: Sequence[str]) -> tuple[float, float]:
    """Peak gigabytes and CPU seconds of one command of ours.

    Raises:
        SnnConvertError: it did not end well.
    """
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [sys.executable, *MAIN, *words, "--quiet"]
    found = subprocess.run(
        [sys.executable, "-c", WATCH, *command],
        env=os.environ | threads,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split()
    status, peak, *seconds = map(float, found[-4:])
    if status:
        raise SnnConvertError(f"{' '.join(words)} ended with {status:.0f}")
    return peak * UNIT / 1e9, sum(seconds)


def rows(
    run: Path, steps: Sequence[int], encoder: str, commands: Sequence[str] = ("convert", "energy")
) -> Iterator[Row]:
    """(command, T, peak GB, CPU seconds) of each command at each number of steps, on a copy."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(run, Path(folder) / "run")
        for count in steps:
            convert = ["convert", str(copy), "--steps", str(count), "--encoder", encoder, "--force"]
            words = {"convert": convert, "energy": ["energy", str(copy), "--force"]}
            for command in commands:
                yield command, count, *cost(words[command])


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", type=Path, help="run folder with a trained ANN")
    parser.add_argument("--steps", default="4,16,64,256,1024", help="numbers of steps, by commas")
    parser.add_argument("--encoder", default="saf")
    parser.add_argument("--commands", default="convert,energy", help="of these, convert first")
    given = parser.parse_args(words)
    steps = [int(count) for count in given.steps.split(",")]
    print("| command | T | peak | CPU |\n| --- | --- | --- | --- |")
    for command, count, peak, seconds in rows(
        given.run, steps, given.encoder, given.commands.split(",")
    ):
        print(f"| {command} | {count} | {peak:.2f} GB | {seconds:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
