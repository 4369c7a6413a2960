"""Convert the same trained TextCNNs with this package and with its peers, and compare accuracy.

    python benchmarks/conversion/run.py --data-dir DATA --embeddings EMBEDDINGS

Trains a TextCNN for each data set, pooling, activation and seed (run folders in --work), converts
it with every converter and recipe, and writes conversion.json, .md and .png to --out. It can be
stopped and started again: finished parts are kept in --work/parts.jsonl. Columns of a row: dataset,
pooling, activation, converter, recipe, encoder, steps, seed, ann_accuracy and snn_accuracy (test),
ann_dev_accuracy and snn_dev_accuracy.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from snnconvert.benchmarks.conversion.networks import VECTORS, Case, trained, vectors_of
from snnconvert.benchmarks.conversion.outputs import markdown, plot, targets
from snnconvert.benchmarks.conversion.parts import Cache, Part, measure, parts_of
from snnconvert.benchmarks.shared.results import write_results
from snnconvert.errors import InputError, SnnConvertError, one_line
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.versions import versions

ROOT = Path(__file__).resolve().parents[1]
POOLINGS, ACTIVATIONS = ("max", "mean"), ("qcfs", "relu")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])

    def names(text: str) -> tuple[str, ...]:
        return tuple(text.split(","))

    def numbers(text: str) -> tuple[int, ...]:
        return tuple(sorted({int(part) for part in text.split(",")}))

    made.add_argument("--datasets", type=names, default=tuple(VECTORS))
    made.add_argument("--poolings", type=names, default=POOLINGS)
    made.add_argument("--activations", type=names, default=ACTIVATIONS)
    made.add_argument("--seeds", type=numbers, default=(0, 1, 2))
    made.add_argument("--steps", type=numbers, default=(1, 2, 4, 8, 16, 32, 64))
    made.add_argument("--limit", type=int, help="at most this many texts of each split: a trial")
    made.add_argument("--calibration", type=int, default=512, help="training texts for it")
    made.add_argument("--data-dir", type=Path, help="folder of the data sets (or SNNCONVERT_DATA)")
    made.add_argument("--embeddings", type=Path, help="folder of word vectors (../embeddings)")
    made.add_argument("--work", type=Path, default=Path("runs/bench-conversion"))
    made.add_argument("--out", type=Path, default=ROOT / "results")
    return made


def cases(options: argparse.Namespace) -> list[Case]:
    """Every network, seed after seed, so that an early stop leaves whole seeds.

    Raises:
        InputError: an unknown data set, pooling or activation.
    """
    for given, known in (
        (options.datasets, VECTORS),
        (options.poolings, POOLINGS),
        (options.activations, ACTIVATIONS),
    ):
        for name in given:
            if name not in known:
                raise InputError(f"expected one of {', '.join(known)}, but got {name!r}")
    return [
        Case(dataset, pooling, activation, seed)
        for seed in options.seeds
        for dataset in options.datasets
        for pooling in options.poolings
        for activation in options.activations
    ]


def run(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure every part that is not in the cache; returns all rows in order."""
    data_dir = options.data_dir or Path(os.environ.get("SNNCONVERT_DATA", "../shared/data"))
    embeddings = options.embeddings or data_dir.parent / "embeddings"
    plan: list[tuple[Case, list[Part]]] = [(case, parts_of(case)) for case in cases(options)]
    settings = settings_of(options)
    work = options.work if options.limit is None else options.work / f"limit-{options.limit}"
    cache = Cache(work / "parts.jsonl")
    # every row of a part is kept, so the steps belong to its key; the list of cases does not
    known = {name: settings[name] for name in ("steps", "limit", "calibration")}
    known |= {"version": versions()["snnconvert"], "spikingjelly": versions()["spikingjelly"]}
    rows: list[dict[str, Any]] = []
    with tqdm(total=sum(len(parts) for _, parts in plan), desc="conversion") as bar:
        for case, parts in plan:
            missing = [part for part in parts if part.key(known) not in cache.found]
            if missing:
                bar.set_postfix_str(f"train {case.dataset} {case.pooling} {case.activation}")
                vectors = vectors_of(case.dataset, embeddings)
                data = DataSettings(
                    dataset=case.dataset,
                    data_dir=str(data_dir),
                    limit=options.limit,
                    vectors=vectors,
                )
                net = trained(case, data, work, options.calibration)
            for part in parts:
                if part in missing:
                    bar.set_postfix_str(f"{part.converter} {part.recipe} {part.encoder}")
                    cache.add(part.key(known), measure(part, net, options.steps))
                rows += cache.found[part.key(known)]
                bar.update()
    return rows


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    """What the benchmark was run with, without the places where files lie."""
    names = ("datasets", "poolings", "activations", "seeds", "steps", "limit", "calibration")
    return {
        name: list(value) if isinstance(value := getattr(options, name), tuple) else value
        for name in names
    } | {"levels": 4, "vectors": {name: VECTORS[name] for name in options.datasets}}


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    options = parser().parse_args(words)
    try:
        rows = run(options)
    except SnnConvertError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        return error.exit_code
    settings = settings_of(options)
    write_results(options.out, "conversion", settings, rows, markdown(rows, settings))
    plot(options.out / "conversion.png", rows)
    for text, met in targets(rows):
        print(f"{'met   ' if met else 'MISSED'} {text}")
    print(f"written to {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
