"""The files of the reproduction: ``snn_bert.json``, ``snn_bert.md`` and ``snn_bert.png``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .....energy.tables import own_tables
from .....files import write_json, write_text
from ....display.plots import save_figure
from ....rows.document import document
from ....settings.reproduce import ReproduceSettings
from ..claims import claims
from ..earlier import Earlier
from ..plan import Selection
from ..rows import Cell, Row, record
from ..steps import Step
from ..work import Work
from .plots import figure
from .tables import (
    activity_table,
    claims_table,
    decided_table,
    glue_line,
    grouped,
    prices_table,
    steps_table,
    tasks_table,
)

INTRODUCTION = """\
# SNN-BERT: a reconstruction, and what it claims

Su et al. 2024 (Neural Networks 180, 106630) was within reach as an abstract alone: the networks
here are [our reconstruction](../spiking_bert.md), a hundredth of the published size or less, from
random weights. Scores are accuracies on test, or what a task of GLUE is judged by, means of the
seeds and their standard deviation; dev chooses the epoch, test is asked once.
"""
CLAIMS = """\
## Claims

Each against the same network with the text shown at four steps, but where another is named. A
ratio above 1, or points above 0, are for the individual coding. In brackets 95 % intervals: of
energy and scores a bootstrap over seeds and texts, the same of both networks; of a step over
batches; of whole trainings, and of scores that are no mean over texts, the least and the largest of
the seeds. *Met*: the whole interval reaches the published figure.
*Synapses alone* is how such figures are published: an addition for
a spike at a synapse, of the ANN a multiply-accumulate, nothing else. *Everything* has neurons,
norms, positions and the readout too, of the ANN softmax, layer norms and GELU.
"""
TASKS = """\
## Networks

Energy is a projection by {table}, counted on the same {texts} test texts of a data set. SOPs:
additions for spikes at synapses. Spikes a synapse: SOPs over the synapses of a text, all steps
together. CPU seconds: forward, backward, update and the scores on dev, beside other work.
"""
PRICES = """\
## Everything, by other tables

Tables without a price for a multiplication cannot price these networks and are left out.
"""
STEPS = """\
## A training step

On the data set's own texts, batch by batch in turn in one process of one thread; medians. *Kept* is
what autograd holds after the forward pass of one batch, exact and the same everywhere. Networks
are trained as the first three; of `repeat-spikingjelly` the neurons are spikingjelly's, of
`individual-loop` they are stepped token by token, and autograd keeps what it will.
"""
ACTIVITY = """\
## How neurons fire

Rate: of all neurons, positions and steps. After a spike: share of the next steps that spike.
Always, never: (text, neuron) pairs that fire at every step, and at none; with the repeat coding
time is the four steps. Decays are of the first seed.
"""
MOST_NAMED = 12
NOTHING = Earlier()


def write_outputs(
    work: Work,
    rows: Sequence[Row],
    steps: Sequence[Step],
    earlier: Earlier = NOTHING,
    drawn: bool = True,
) -> dict[str, Any]:
    """Write the three files anew.

    Args:
        work: of the call
        rows: all that are there
        steps: likewise, of training steps
        earlier: what stands beside them
        drawn: the figure too, which takes some seconds

    Returns:
        What the JSON file holds.
    """
    content = document([record(row) for row in rows], _settings(work, rows))
    content |= {"steps": list(steps), "claims": claims(rows, steps)}
    content = earlier.beside(content)
    content["missing"] = list(_missing(content["rows"], work.settings.quick))
    write_json(work.folder / "snn_bert.json", content)
    write_text(work.folder / "snn_bert.md", page(content))
    if content["rows"] and drawn:
        save_figure(work.folder / "snn_bert.png", figure(content))
    return content


def _settings(work: Work, rows: Sequence[Row]) -> dict[str, Any]:
    return {
        **asdict(work.sizes),
        "vectors": Path(work.vectors).name,
        "limit": work.settings.limit,
        "quick": work.settings.quick,
        "table": next(iter(own_tables())),
        "energy_texts": max((row.energy_texts for row in rows), default=0),
        "data": {row.cell.dataset: row.notes["data"] for row in rows},
    }


def _missing(rows: Sequence[dict[str, Any]], quick: bool) -> Iterator[str]:
    """The names of the usual rows of the data sets that are there, as far as they are not."""
    datasets = tuple(dict.fromkeys(row["dataset"] for row in rows))
    there = {Cell(row["dataset"], row["model"], row["seed"]).name for row in rows}
    usual = ReproduceSettings(quick=True) if quick else ReproduceSettings(datasets=datasets)
    yield from (cell.name for cell in Selection(usual).cells() if cell.name not in there)


def page(content: dict[str, Any]) -> str:
    """The page in Markdown, of what the JSON file holds alone."""
    settings, groups = content["settings"], grouped(content["rows"])
    parts = [INTRODUCTION, _said(content)]
    if content["claims"]:
        parts += [CLAIMS, claims_table(content["claims"])]
    parts += [glue_line(groups)]
    parts += [TASKS.format(table=settings["table"], texts=settings["energy_texts"])]
    parts += [tasks_table(groups, settings["table"]), PRICES, prices_table(groups)]
    if content["steps"]:
        parts += [STEPS, steps_table(content["steps"])]
    parts += [ACTIVITY, activity_table(groups), "## What was decided\n", decided_table()]
    return "\n".join(parts)


def _said(content: dict[str, Any]) -> str:
    """What all networks share, and what is not there."""
    settings, missing = content["settings"], content["missing"]
    said = [
        f"Hidden size {settings['size']}, {settings['layers']} blocks, {settings['epochs']} epochs "
        f"where nothing else is said; word vectors: {settings['vectors']}."
    ]
    if settings["quick"]:
        said.append("**Small networks on the built-in reviews**, to see that all runs.")
    if settings["limit"]:
        said.append(f"**Not the whole data**: at most {settings['limit']} texts of a split.")
    if missing:
        of_data = Counter(name.partition("-")[0] for name in missing)
        few = missing if len(missing) <= MOST_NAMED else [f"{d} ({n})" for d, n in of_data.items()]
        said.append(
            f"**Not made yet**: {', '.join(few)}. `snnconvert reproduce snn-bert` with the "
            "same folder goes on with them."
        )
    return "\n".join(said) + "\n"
