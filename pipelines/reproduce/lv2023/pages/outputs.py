"""The files of the reproduction: ``lv2023.json``, ``lv2023.md`` and ``lv2023.png``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from .....files import write_json, write_text
from ....display.plots import save_figure
from ....rows.document import document
from ....settings.reproduce import ReproduceSettings
from ...shared.tables import not_made
from ..data.earlier import Earlier
from ..data.published import DATASETS
from ..data.records import Record, records_of
from ..data.rows import Row
from ..plan import SEEDS, Selection
from .plots import figure
from .tables import ablation_table, accuracy_table, teacher_lines, work_table
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
is a projection: additions and multiplications at 45 nm (compute-fp32), counted on 300 test texts,
as the MACs of an ANN are, which are without padding and zeros.
"""
ABLATIONS = """\
## One thing changed

The gain is in points against the model with its own settings, at the same T: of the seeds that
both have, where they are known, else of the mean of all.
"""
TEACHERS = """\
## Teachers

Of two the logits are averaged.
"""
NOTHING = Earlier()


def write_outputs(
    folder: Path, rows: Sequence[Row], earlier: Earlier = NOTHING, drawn: bool = True
) -> None:
    """Write the three files anew.

    Args:
        folder: where they go
        rows: all that are there
        earlier: records that stand beside them
        drawn: the figure too, which takes some seconds
    """
    found = earlier.beside(records_of(rows))
    settings = {"rows": len(rows), "seeds": sorted({row.cell.seed for row in rows})}
    content = document([record.to_dict() for record in found], settings)
    if earlier.rows:
        content["earlier"] = earlier.machines()
    write_json(folder / "lv2023.json", content)
    write_text(folder / "lv2023.md", page(found))
    if found and drawn:
        save_figure(folder / "lv2023.png", figure(found))


def page(found: Sequence[Record]) -> str:
    """The page in Markdown; rows that are not made yet are named."""
    parts = [INTRODUCTION, _missing(found)]
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
    if taught := teacher_lines(found):
        parts += [TEACHERS, *(f"- {line}" for line in taught), ""]
    return "\n".join(parts)


def _few_seeds(records: Sequence[Record]) -> Iterator[str]:
    """That verdicts may still change, where there are fewer seeds than are usual."""
    fewest, usual = min(record.seeds for record in records), len(SEEDS)
    if fewest < usual:
        yield f"Of some rows only {fewest} of {usual} seeds are made: verdicts may still change.\n"


def _missing(records: Sequence[Record]) -> str:
    """How many rows of the whole are there, and of which models there are not all."""
    everything = ReproduceSettings(models=("ablations", *ReproduceSettings().models))
    wanted = Counter(cell.key for cell in Selection(everything, DATASETS).cells())
    there = Counter({record.key: record.seeds for record in records})
    lacking: Counter[str] = Counter()
    for key, number in (wanted - there).items():
        lacking[key[1]] += number
    return not_made(wanted.total(), lacking, "rows", "lv2023")
