"""Options of the benchmarks of what is sent: which data sets and seeds, and where files lie."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from snnconvert.benchmarks.conversion.networks import VECTORS
from snnconvert.benchmarks.shared.results import RESULTS

ROOT = Path(__file__).resolve().parents[2]


def names(text: str) -> tuple[str, ...]:
    """Names with commas between."""
    return tuple(text.split(","))


def numbers(text: str) -> tuple[int, ...]:
    """Whole numbers with commas between, in order."""
    return tuple(sorted({int(part) for part in text.split(",")}))


def parser(
    what: str, work: str, seeds: tuple[int, ...], steps: tuple[int, ...]
) -> argparse.ArgumentParser:
    """The options, with their defaults; ``what`` says what is measured."""
    made = argparse.ArgumentParser(description=what)
    made.add_argument("--datasets", type=names, default=tuple(VECTORS))
    made.add_argument("--seeds", type=numbers, default=seeds)
    made.add_argument("--steps", type=numbers, default=steps)
    made.add_argument("--data-dir", type=Path, help="folder of the data sets (or SNNCONVERT_DATA)")
    made.add_argument("--embeddings", type=Path, help="folder of word vectors (../embeddings)")
    made.add_argument("--work", type=Path, default=Path("runs") / work)
    made.add_argument("--out", type=Path, default=RESULTS)
    made.add_argument("--page", type=Path, default=ROOT / "docs" / "encoding.md")
    return made


def places(options: argparse.Namespace) -> tuple[Path, Path]:
    """The folders of data sets and of word vectors."""
    data = options.data_dir or Path(os.environ.get("SNNCONVERT_DATA", "../shared/data"))
    return data, options.embeddings or data.parent / "embeddings"
