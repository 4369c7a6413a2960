"""A run of attacks in a process of its own, to be killed: arguments as JSON, records to a file.

python driver.py '{"out": FILE, "folder": FOLDER, "texts": 18, "workers": 2, "ray": null}'
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

from snnconvert.attacks.job import Example
from snnconvert.attacks.runs import run_attack
from snnconvert.attacks.workers.start import attack_pool
from snnconvert.tests.helpers.attacks import EXAMPLES
from snnconvert.tests.helpers.workers import load_deadly


def examples(count: int) -> list[Example]:
    """So many texts, all different, over and over from the examples."""
    chosen = [EXAMPLES[i % len(EXAMPLES)] for i in range(count)]
    return [Example(i, f"{example.text} {i}", example.label) for i, example in enumerate(chosen)]


def main() -> None:
    job = json.loads(sys.argv[1])
    load = partial(load_deadly, Path(job["folder"]), job.get("wait", 0.0))
    with attack_pool(load, job.get("workers", 0), job.get("ray")) as pool:
        texts = examples(job["texts"])
        run_attack(pool, texts, "deepwordbug", "bag", job["out"], progress=False)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
