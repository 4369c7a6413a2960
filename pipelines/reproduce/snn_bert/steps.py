"""A training step of the ANN, of both codings and of peers on a data set's own texts."""

from __future__ import annotations

import statistics
from functools import partial
from typing import Any

import torch

from ....engine.tokens.peers import in_a_loop, in_spikingjelly
from ....engine.tokens.turns import (
    Batch,
    Way,
    by_nodes,
    lean,
    ratio_interval,
    step_bytes,
    step_seconds,
)
from ....engine.tokens.words import words_of
from ....errors import InputError
from ....files import read_json, write_json
from ....models.batches import shuffled, to_batch
from ....models.families import FAMILIES
from ....models.text_model import TextModel, set_generator
from ....seeds import generator
from ...data import load_run_model, load_run_texts
from ...settings.train import TrainSettings
from ..shared.row_files import is_made
from .plan import MAIN
from .rows import Cell
from .work import Work

OURS = "individual"
PEERS = {"repeat-spikingjelly": ("repeat", in_spikingjelly), "individual-loop": (OURS, in_a_loop)}
"""Other ways to run the neurons of a network, by name: the network, and what replaces them."""
FIRST, BATCHES = 5, 30
QUICK_FIRST, QUICK_BATCHES = 1, 6
FOLDER = "steps"
Step = dict[str, Any]
"""What a way takes: see `_row`."""


def read_steps(work: Work) -> list[Step]:
    """The rows of all data sets that are measured.

    Raises:
        InputError: a file holds none.
    """
    found: list[Step] = []
    for place in sorted((work.folder / FOLDER).glob("*.json")):
        kept = read_json(place, "training steps")
        try:
            found += kept["rows"]
        except (KeyError, TypeError):
            raise InputError(
                f"expected training steps in {place}, but it holds none: remove the file, and "
                "they are measured again"
            ) from None
    return found


def measure_steps(work: Work, dataset: str, seed: int) -> None:
    """Measure the steps of a data set and write their file, where it is not there.

    The networks are new.

    Args:
        work: of the call
        dataset: whose training texts and vectors are taken
        seed: of the run of `OURS`, which must be there
    """
    cell = Cell(dataset, OURS, seed)
    place, stamp = work.folder / FOLDER / f"{dataset}.json", work.stamp(cell)
    if not is_made(place, stamp):
        write_json(place, {"rows": _measured(work, cell), "notes": {"stamp": stamp}})


def _measured(work: Work, cell: Cell) -> list[Step]:
    first, count = (QUICK_FIRST, QUICK_BATCHES) if work.settings.quick else (FIRST, BATCHES)
    batches = _batches(work, cell, first + count)
    classes = int(max(int(batch.labels.max()) for batch in batches)) + 1
    dim = batches[0].words.padded().shape[1]
    make = partial(_way, work, cell, dim, classes)
    ways = {name: make(name) for name in MAIN}
    ways |= {name: (peer(make(own)[0]), by_nodes) for name, (own, peer) in PEERS.items()}
    seconds = step_seconds(ways, batches, first)
    median = sorted(batches, key=lambda batch: batch.words.ids.shape[1])[len(batches) // 2]
    kept = step_bytes(ways, median)
    return [_row(cell.dataset, name, seconds, kept, batches[first:]) for name in ways]


def _row(
    dataset: str,
    way: str,
    seconds: dict[str, list[float]],
    kept: dict[str, int],
    batches: list[Batch],
) -> Step:
    """Medians and ratios; the interval is of the sum over batches."""
    low, high = ratio_interval(seconds[way], seconds[OURS])
    tokens = sum(int(batch.lengths.sum()) for batch in batches)
    return {
        "dataset": dataset,
        "way": way,
        "batches": len(batches),
        "texts": len(batches[0].lengths),
        "cpu_seconds": statistics.median(seconds[way]),
        "per_1000_tokens": 1000 * sum(seconds[way]) / tokens,
        "times": sum(seconds[way]) / sum(seconds[OURS]),
        "low": low,
        "high": high,
        "kept_bytes": kept[way],
        "kept_times": kept[way] / kept[OURS],
    }


def _batches(work: Work, cell: Cell, count: int) -> list[Batch]:
    """The first batches of a training on the texts of a run, its word vectors looked up."""
    run = work.trained(cell)
    texts = load_run_texts(run)
    model, _ = load_run_model(run, "spiking", TextModel)
    sequences, labels = texts.sequences["train"], texts.labels["train"]
    size = int(run.config()["spiking"]["batch_size"])
    found: list[Batch] = []
    epoch = 0
    while len(found) < count:
        order = generator(cell.seed, "snn-bert", "steps", epoch)
        for chosen in shuffled([len(s) for s in sequences], size, order):
            ids, lengths = to_batch([sequences[i] for i in chosen], model)
            classes = torch.tensor([labels[i] for i in chosen])
            found.append(Batch(words_of(model, ids), lengths, classes))
        epoch += 1
    return found[:count]


def _way(work: Work, cell: Cell, dim: int, classes: int, name: str) -> Way:
    """A new network called ``name``, run as `snnconvert train` runs it."""
    settings = TrainSettings(**work.options(Cell(cell.dataset, name, cell.seed)))
    family = FAMILIES[settings.model]
    network = family.network(dim, classes, settings.of_network(), cell.seed).train()
    set_generator(network, generator(cell.seed, "snn-bert", "dropout"))
    return network, lean if family.spikes else by_nodes
