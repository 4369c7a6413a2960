"""The files of the reproduction: ``snnlp.json``, ``snnlp.md`` and ``snnlp.png``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .....files import write_json, write_text
from .....typed_json import to_json
from ....display.plots import save_figure
from ....rows.document import document
from ...shared.tables import not_made
from ..data.earlier import Earlier
from ..data.rows import Row
from ..training.plan import Selection, all_names
from .plots import figure
from .tables import Grouped, accuracy_table, energy_table, grouped, measures_table
from .targets import targets

DIGITS = 5  # of a learning curve
NOTHING = Earlier()
INTRODUCTION = """\
# SNNLP: the published recipe again, and ours beside it

Knipper et al. 2024: one vector a text, spikes by sum and fire (`saf`, V(0) = 0) or at random (a
spike where x' <= u, drawn once a text), a dense spiking network of 256 and 128 CUBA-LIF neurons.
Means over seeds and their standard deviation; a seed draws the split (60 % train, 10 % dev, 30 %
test of all texts joined), the weights and the spikes. The epoch of least loss on dev is measured
on test, once.
"""
WORK = """\
## Work a text

The published ratio counts every spike once, those of the first step left out, against the MACs of
the ANN. A spike makes an addition at every synapse it reaches: SOPs count these, spikes times
their fan-out. The MACs are those of the published ANN on the same inputs.
"""
DIFFERENCES = """\
## Where this differs from the published system

- Vectors: the published ones are 200 components of GloVe and 512 of the Universal Sentence
  Encoder; here they are what the rows name in `notes`. `en.imdb.300d` was trained on the training
  and unlabelled reviews of IMDb: with all reviews joined and split anew, it has seen the text
  (never the class) of some that are in test here.
- Dropout is off on dev and test; the published code never switches it off.
- Words are those of NLTK's word tokenizer without its sentence splitter, which finds no sentence
  ends in texts without punctuation.
- Weights are rounded to 8 bits in the forward pass and every layer hands its spikes on one step
  late, as Lava-DL does by default. Its 24-bit rounding of potentials, and its learning of the
  decays, which moves them by little at this rate, are left out.
- Gradients are multiplied as bfloat16 where the processor has it (`notes`), and added up as
  float32.
- In the binary code the last step is all ones, as the paper says; the published code sets one
  channel.
"""


def write_outputs(folder: Path, rows: Sequence[Row], earlier: Earlier = NOTHING) -> None:
    """Write the three files anew.

    Args:
        folder: where they go
        rows: all that are there
        earlier: rows that stand beside them
    """
    found = earlier.beside(rows)
    content = document([_written(row) for row in found], {"rows": len(rows)})
    if earlier.rows:
        content["earlier"] = earlier.machines()
    write_json(folder / "snnlp.json", content)
    write_text(folder / "snnlp.md", page(found))
    if found:
        save_figure(folder / "snnlp.png", figure(grouped(found)))


def _written(row: Row) -> dict[str, Any]:
    values = to_json(row)
    values["notes"] = {name: v for name, v in values["notes"].items() if name != "stamp"}
    values["learning_curve"] = {
        name: [round(value, DIGITS) for value in curve]
        for name, curve in row.learning_curve.items()
    }
    return values


def page(rows: Sequence[Row]) -> str:
    """The page in Markdown; rows that are not made yet are named."""
    groups = grouped(rows)
    parts = [INTRODUCTION, _missing(rows)]
    stated = targets(groups)
    if stated:
        parts += ["## Targets, on test\n", "\n".join(f"- {line}" for line in stated) + "\n"]
    parts += ["## Accuracy\n", accuracy_table(groups)]
    parts += [WORK, energy_table(groups, _macs(groups))]
    measured = measures_table(groups)
    if measured.count("\n") > 2:
        parts += ["## What single changes of the published recipe are worth\n"]
        parts += ["Emotion, word level, T = 50.\n", measured]
    parts += [DIFFERENCES]
    return "\n".join(parts)


def _macs(groups: Grouped) -> dict[tuple[str, str], float]:
    return {
        (cell.dataset, cell.level): rows[0].macs
        for cell, rows in groups.items()
        if rows[0].macs and cell.recipe == "published"
    }


def _missing(rows: Sequence[Row]) -> str:
    """How many rows of the whole are there, and which kinds are not."""
    wanted = all_names(Selection())
    there = {row.cell.name for row in rows}
    kinds = Counter(name.rpartition("-")[0] for name in wanted if name not in there)
    return not_made(len(wanted), kinds, "seeds", "snnlp")
