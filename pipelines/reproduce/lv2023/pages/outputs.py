"""The files of the reproduction: ``lv2023.json``, ``lv2023.md`` and ``lv2023.png``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .....files import write_json, write_text
from ....display.plots import save_figure
from ....rows.document import document
from ....settings.reproduce import ReproduceSettings
from ..data.published import DATASETS
from ..data.records import Record, records_of
from ..data.rows import Row
from ..plan import SEEDS, Selection
from .plots import figure
from .tables import ablation_table, accuracy_table, work_table
from .targets import targets

INTRODUCTION = """\
# Lv et al. 2023: spiking text CNNs, published and ours

Test accuracy in percent, mean of the seeds and standard deviation; in parentheses the number of
seeds where it is not five. A seed draws the text stage, the weights, the order of the texts and the
spikes; dev chooses the epoch. The published figures (in italics) are those of the papers, on their
own splits. [How it is made, and what each model is](../lv2023.md).
"""
WORK = """\
## Work

SOPs: every spike times its real fan-out, on test. An input value is a component of a word. Energy
is a projection: additions and multiplications at 45 nm (compute-fp32), counted on 300 test texts;
that of an ANN is without padding and zeros.
"""
ABLATIONS = """\
## One thing changed

The gain is in points against the model with its own settings, at the same T.
"""


def write_outputs(folder: Path, rows: Sequence[Row], drawn: bool = True) -> None:
    """Write the three files anew.

    Args:
        folder: where they go
        rows: all that are there
        drawn: the figure too, which takes some seconds
    """
    found = records_of(rows)
    settings = {"rows": len(rows), "seeds": sorted({row.cell.seed for row in rows})}
    write_json(folder / "lv2023.json", document(records(rows), settings))
    write_text(folder / "lv2023.md", page(rows))
    if found and drawn:
        save_figure(folder / "lv2023.png", figure(found))


def records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The records of the JSON file."""
    return [record.to_dict() for record in records_of(rows)]


def page(rows: Sequence[Row]) -> str:
    """The page in Markdown; rows that are not made yet are named."""
    found = records_of(rows)
    parts = [INTRODUCTION, _missing(rows)]
    limits = sorted({record.limit for record in found if record.limit})
    if limits:
        few = ", ".join(map(str, limits))
        parts += [
            f"**Not the whole data**: rows with at most {few} texts of a split are among these.\n"
        ]
    stated = targets(found)
    if stated:
        parts += ["## Targets, on test\n", *_few_seeds(found)]
        parts += ["\n".join(f"- {line}" for line in stated) + "\n"]
    parts += ["## Accuracy\n", accuracy_table(found), WORK, work_table(found)]
    ablated = ablation_table(found)
    if ablated.count("\n") > 2:
        parts += [ABLATIONS, ablated]
    return "\n".join(parts)


def _few_seeds(records: Sequence[Record]) -> Iterator[str]:
    """That verdicts may still change, where there are fewer seeds than are usual."""
    fewest, usual = min(record.seeds for record in records), len(SEEDS)
    if fewest < usual:
        yield f"Of some rows only {fewest} of {usual} seeds are made: verdicts may still change.\n"


def _missing(rows: Sequence[Row]) -> str:
    """How many rows of the whole are there, and of which models there are not all."""
    everything = ReproduceSettings(models=("ablations", *ReproduceSettings().models))
    wanted = {cell.name: cell for cell in Selection(everything, DATASETS).cells()}
    there = {row.cell.name for row in rows}
    lacking: dict[str, int] = {}
    for name, cell in wanted.items():
        if name not in there:
            lacking[cell.system] = lacking.get(cell.system, 0) + 1
    if not lacking:
        return f"All {len(wanted)} rows are made.\n"
    named = ", ".join(f"{system} ({number})" for system, number in lacking.items())
    return (
        f"{len(there & wanted.keys())} of {len(wanted)} rows are made. **Not made yet** (rows): "
        f"{named}. `snnconvert reproduce lv2023` with the same folder goes on with them.\n"
    )
