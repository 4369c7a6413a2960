"""Every value map: the ANN that is trained on what it gives, and its SNN at few steps.

    python benchmarks/conversion/value_maps.py --data-dir DATA --embeddings EMBEDDINGS

Trains a TextCNN for each data set, seed and map by default settings and converts it by default at
each T; writes value_maps.json and .md to --out and the table of docs/encoding.md. It can be stopped
and started again: finished parts are kept in --work/parts.jsonl. Columns of a row: dataset, seed,
map (its options), steps, gain, ann_dev_accuracy, ann_test_accuracy, dev_accuracy, test_accuracy,
input_spikes_per_sample, sops_per_sample (test).
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from snnconvert.benchmarks.conversion.encoding_options import parser as encoding_parser
from snnconvert.benchmarks.conversion.encoding_options import places
from snnconvert.benchmarks.conversion.encoding_page import maps_table, write_tables
from snnconvert.benchmarks.conversion.encoding_rows import Network, Row, converted, trained
from snnconvert.benchmarks.conversion.parts import Cache
from snnconvert.benchmarks.shared.results import write_results
from snnconvert.convert.conversion import convert_model
from snnconvert.errors import SnnConvertError, one_line
from snnconvert.pipelines.convert.choices import named_recipe
from snnconvert.pipelines.settings.convert import ConvertSettings

MAPS: dict[str, dict[str, Any]] = {
    "sigma": {},
    "minmax": {"value_map": "minmax"},
    "rank": {"value_map": "rank"},
    "quantile": {"value_map": "quantile"},
    "scale": {"value_map": "scale"},
    "sigma, sparsity 0.5": {"sparsity": 0.5},
    "sigma, 2 deviations": {"map_sigmas": 2.0},
    "scale, 2 deviations": {"value_map": "scale", "map_sigmas": 2.0},
    "quantile, tail 0.05": {"value_map": "quantile", "map_tail": 0.05},
}
EVERY_SEED = ("sigma", "minmax", "rank", "quantile", "scale", "sigma, sparsity 0.5")
"""Those that are run on all seeds; the others on the first alone."""


def parser() -> argparse.ArgumentParser:
    """The options."""
    return encoding_parser(str(__doc__).splitlines()[0], "bench-value-maps", (0, 1, 2), (2, 4))


def run(options: argparse.Namespace) -> list[Row]:
    """Measure every part that is not in the cache, seed after seed; returns all rows in order."""
    data, embeddings = places(options)
    parts = Cache(options.work / "parts.jsonl")
    plan = [
        (dataset, seed, name)
        for seed in options.seeds
        for dataset in options.datasets
        for name in (MAPS if seed == options.seeds[0] else EVERY_SEED)
    ]
    rows: list[Row] = []
    for dataset, seed, name in tqdm(plan, desc="value maps"):
        key = f"{dataset} {seed} {name}"
        if key not in parts.found:
            folder = options.work / name.replace(", ", "-").replace(" ", "-")
            net = trained(dataset, seed, data, embeddings, folder, **MAPS[name])
            parts.add(key, [measured(net, name, steps) for steps in options.steps])
        rows += parts.found[key]
    return rows


def measured(net: Network, name: str, steps: int) -> Row:
    """The row of one network at one T."""
    recipe = named_recipe(ConvertSettings(steps=steps))[1]
    snn = convert_model(net.ann, recipe, net.chosen, net.seed).snn
    row: Row = {"dataset": net.dataset, "seed": net.seed, "map": name, "steps": steps}
    row |= {f"ann_{split}_accuracy": share for split, share in net.accuracy.items()}
    return row | {"gain": snn.encoder.gain} | converted(snn, net)


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    options = parser().parse_args(words)
    logging.getLogger("snnconvert").setLevel(logging.WARNING)
    try:
        rows = run(options)
    except SnnConvertError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        return error.exit_code
    settings = {"seeds": list(options.seeds), "steps": list(options.steps), "maps": MAPS}
    page = "# Value maps\n\n" + "\n\n".join(
        f"## {dataset}\n\n{maps_table(rows, dataset)}" for dataset in options.datasets
    )
    write_results(options.out, "value_maps", settings, rows, page + "\n")
    write_tables(options.page, options.out)
    print(f"written to {options.out} and {options.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
