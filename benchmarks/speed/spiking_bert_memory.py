"""Peak memory of one training step of the spiking encoder, measured in a process of its own.

    python -m snnconvert.benchmarks.speed.spiking_bert_memory WAY DIM BATCH

The process takes a step on two texts, which loads its libraries and makes the optimizer's moments.
The result, printed in bytes, is how far one step on a whole batch rises above what it then holds.
"""

from __future__ import annotations

import statistics
import sys
from functools import partial

import torch

from snnconvert.benchmarks.shared.resident import can_measure, printed_bytes, rise
from snnconvert.benchmarks.speed.spiking_bert_ways import WAYS, draw
from snnconvert.engine.tokens.turns import take_step

PROCESSES = 5


def main(words: list[str] | None = None) -> int:
    """Measure, and print the bytes; returns the exit code."""
    name, dim, size = words or sys.argv[1:]
    torch.set_num_threads(1)
    way, random = WAYS[name](int(dim)), torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(way[0].parameters(), 1e-3, fused=True)
    few, whole = draw(2, random), draw(int(size), random)
    take_step(way, optimizer, few)
    print(rise(partial(take_step, way, optimizer, whole)))
    return 0


def peak_bytes(name: str, dim: int, batch: int, processes: int = PROCESSES) -> float | None:
    """Median of the peaks of some processes, in bytes; None where nothing tells it.

    Raises:
        SnnConvertError: a process failed.
    """
    if not can_measure():
        return None
    words = [name, str(dim), str(batch)]
    own = __spec__.name if __spec__ else __name__
    return statistics.median(printed_bytes(own, words, name) for _ in range(processes))


if __name__ == "__main__":
    sys.exit(main())
