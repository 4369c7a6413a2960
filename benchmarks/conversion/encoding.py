"""Every input code: what it sends, and what the networks converted with it lose.

    python benchmarks/conversion/encoding.py --data-dir DATA --embeddings EMBEDDINGS

Trains a TextCNN for each data set and seed by default settings, converts it by default with every
code of `ENCODERS` at each T, and writes encoding.json and .md to --out and the tables of
docs/encoding.md. It can be stopped and started again: finished parts are kept in
--work/parts.jsonl. Columns of a row: dataset, seed, code, steps, mapping, gain, mean_rate,
distinct_frames (of a word), error and read_error (shares of the vectors' size), dev_accuracy,
test_accuracy, input_spikes_per_sample, sops_per_sample (test), ann_dev_accuracy, ann_test_accuracy;
or refused, why a code does not run.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from functools import cache

from tqdm import tqdm

from snnconvert.benchmarks.conversion.encoding_options import names, places
from snnconvert.benchmarks.conversion.encoding_options import parser as encoding_parser
from snnconvert.benchmarks.conversion.encoding_page import markdown, write_tables
from snnconvert.benchmarks.conversion.encoding_rows import LOOKED_AT, Row, measured, trained
from snnconvert.benchmarks.conversion.networks import VECTORS
from snnconvert.benchmarks.conversion.parts import Cache
from snnconvert.benchmarks.shared.results import write_results
from snnconvert.errors import SnnConvertError, one_line
from snnconvert.models.encoders import ENCODERS


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = encoding_parser(str(__doc__).splitlines()[0], "bench-encoding", (0,), (1, 2, 4, 8))
    made.add_argument("--codes", type=names, default=tuple(ENCODERS))
    return made


def run(options: argparse.Namespace) -> list[Row]:
    """Measure every part that is not in the cache, seed after seed; returns all rows in order."""
    data, embeddings = places(options)
    parts = Cache(options.work / "parts.jsonl")
    net = cache(lambda dataset, seed: trained(dataset, seed, data, embeddings, options.work))
    plan = [
        (dataset, seed, code, steps)
        for seed in options.seeds
        for dataset in options.datasets
        for code in options.codes
        for steps in options.steps
    ]
    rows: list[Row] = []
    for dataset, seed, code, steps in tqdm(plan, desc="encoding"):
        key = f"{dataset} {seed} {code} {steps}"
        if key not in parts.found:
            parts.add(key, [measured(net(dataset, seed), code, steps)])
        rows += parts.found[key]
    return rows


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    options = parser().parse_args(words)
    logging.getLogger("snnconvert").setLevel(logging.WARNING)
    try:
        rows = run(options)
    except SnnConvertError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        return error.exit_code
    settings = {
        "seeds": list(options.seeds),
        "steps": list(options.steps),
        "vectors": {name: VECTORS[name] for name in options.datasets},
        "looked_at": f"frames of {LOOKED_AT} dev texts; accuracy and SOPs of all test texts",
    }
    write_results(options.out, "encoding", settings, rows, markdown(rows, settings))
    write_tables(options.page, options.out)
    print(f"written to {options.out} and {options.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
