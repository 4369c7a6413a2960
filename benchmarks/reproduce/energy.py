"""Energy of ANN and SNN on two data sets, three seeds: the tables of docs/reproduction/energy.*.

For each data set and seed a QCFS network is trained, converted and fine-tuned in several settings,
and every model's work is counted on the test texts and priced by every table. The published
setting (T = 50, Poisson input, shifted vectors, texts of 25 words) is counted beside it. Then the
operating point: the cheapest setting that keeps dev accuracy is chosen on dev, and shown on test.

Stopped, it goes on where it was: trained networks are run folders, measurements lines of a file.

    python benchmarks/reproduce/energy.py --data-dir DATA --embeddings VECTORS
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from snnconvert.benchmarks.reproduce.energy_outputs import SNNS, Point, markdown, plot
from snnconvert.benchmarks.reproduce.energy_study import (
    COUNTED,
    DATASETS,
    FINETUNE,
    LEVELS,
    PUBLISHED_ACCURACY,
    PUBLISHED_TEXTS,
    TABLED,
    VARIANTS,
    WORDS,
    Row,
    Study,
    Variant,
    means,
)
from snnconvert.benchmarks.shared.results import write_results

ROOT = Path(__file__).resolve().parents[2]
SEEDS = (0, 1, 2)
PUBLISHED_SEEDS = (0,)  # T = 50 is slow, and random draws change its work little
WITHIN = 1.0  # points below the ANN's accuracy that the operating point may be
MOST = 1 / 12  # of the padding-skipping fp32 ANN's energy, by compute alone


def choose(rows: Sequence[Row]) -> list[Row]:
    """The settings of both SNNs on dev, the cheapest that will do first.

    Cheap is by Lemaire's model, the mean of the data sets' ratios to the sparse ANN. A setting will
    do where on every data set its mean accuracy is within `WITHIN` points of the ANN's, and its
    energy by compute alone at most `MOST` of the padding-skipping ANN's.
    """
    right = means(rows, "compute-fp32", "accuracy")
    compute = means(rows, "compute-fp32", "joules_per_sentence")
    memory = means(rows, "lemaire2022", "ratio_to_sparse_ann")
    base = "padding skipped"
    found = []
    for victim, setting in dict.fromkeys((v, s) for _, v, s in right if v in SNNS):
        ours = [(d, victim, setting) for d in DATASETS]
        if not all(key in right for key in ours):
            continue
        losses = [100 * (right[(d, "ann", base)] - right[(d, v, s)]) for d, v, s in ours]
        shares = [compute[(d, v, s)] / compute[(d, "ann", base)] for d, v, s in ours]
        cost = float(np.mean([memory[key] for key in ours]))
        found.append(
            {
                "victim": victim,
                "setting": setting,
                "loss": max(losses),
                "compute": max(shares),
                "lemaire": cost,
                "will_do": max(losses) <= WITHIN and max(shares) <= MOST,
            }
        )
    return sorted(found, key=lambda row: (not row["will_do"], row["lemaire"]))


def main(words: Sequence[str] | None = None) -> int:
    """Measure what is missing, and write the three files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data-dir", help="folder of the data sets (or SNNCONVERT_DATA)")
    parser.add_argument("--embeddings", type=Path, default=ROOT.parent / "shared" / "embeddings")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "energy")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "reproduction")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="seeds (0 1 2)")
    given = parser.parse_args(words)
    logging.getLogger("snnconvert").setLevel(logging.WARNING)
    study = Study(given.work, given.data_dir, given.embeddings)
    tuned = {
        (dataset, seed, variant): study.part(
            f"{dataset} {variant.name} {seed}",
            lambda d=dataset, s=seed, v=variant: study.tuned_rows(d, s, v),
        )
        for variant in VARIANTS
        for seed in given.seeds
        for dataset in DATASETS
    }
    dev = [row for found in tuned.values() for row in found["dev"]]
    choice = choose(dev)
    point = Point(choice[0]["victim"], choice[0]["setting"])
    rows = [
        row
        for (_, _, variant), found in tuned.items()
        for row in found["test"]
        if shown(row, variant, point)
    ]
    for dataset in DATASETS:
        for seed in PUBLISHED_SEEDS:
            rows += study.part(
                f"{dataset} published {seed}",
                lambda d=dataset, s=seed: study.published_rows(d, s),
            )
    settings = {
        "datasets": ", ".join(DATASETS),
        "seeds": ", ".join(map(str, given.seeds)),
        "levels": LEVELS,
        "counted": f"{COUNTED} test texts a seed; accuracy on all",
        "finetune": f"{FINETUNE.epochs} epochs at most, lr {FINETUNE.lr}, dropout 0.5",
        "published": f"lv2023, texts of {WORDS} words, counted on {PUBLISHED_TEXTS} texts, "
        f"accuracy on {PUBLISHED_ACCURACY}",
        "operating_point": str(point),
    }
    page = markdown(rows, settings, choice, point)
    write_results(given.out, "energy", settings, rows, page, more={"choice_on_dev": choice})
    plot(given.out / "energy.png", rows, point)
    return 0


def shown(row: Row, variant: Variant, point: Point) -> bool:
    """Whether a row of test belongs to the table: its variant's, or the operating point's."""
    at = Point(row["victim"], row["setting"])
    plain = variant == TABLED and (row["victim"] not in SNNS or row["setting"] == TABLED.name)
    return plain or at == point


if __name__ == "__main__":
    sys.exit(main())
