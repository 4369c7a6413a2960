"""The tables of the page."""

from __future__ import annotations

from collections.abc import Sequence

from .....formatting import count, joules
from ...shared.tables import table
from ..data.published import DATASETS, SYSTEMS
from ..data.records import Record
from ..data.system import ABLATIONS

NONE = "-"


def main_records(records: Sequence[Record]) -> list[Record]:
    """Those of the systems, without ablations."""
    return [record for record in records if record.system not in ABLATIONS]


def accuracy_table(records: Sequence[Record]) -> str:
    """Systems and T in lines, data sets in columns, published systems above."""
    head = ["model", "setting", "T", "parameters", *DATASETS]
    lines = [
        [
            *(f"*{known.name}*", "published", str(known.steps or NONE), size(known.parameters)),
            *(NONE if value is None else f"{value:.2f}" for value in known.accuracy),
        ]
        for known in SYSTEMS.values()
    ]
    kinds = dict.fromkeys((r.model, r.setting, r.steps) for r in main_records(records))
    for model, setting, steps in kinds:
        own = {
            record.dataset: record
            for record in main_records(records)
            if (record.model, record.setting, record.steps) == (model, setting, steps)
        }
        parameters = max(record.parameters for record in own.values())
        cells = [accuracy(own[name]) if name in own else NONE for name in DATASETS]
        lines.append([model, setting, str(steps or NONE), size(parameters), *cells])
    return table(head, lines)


def work_table(records: Sequence[Record]) -> str:
    """What a test text costs."""
    head = ["data set", "model", "T", "SOPs (MACs of an ANN)", "input spikes a value", "energy"]
    return table(
        [*head, "CPU seconds, all seeds"],
        (
            [
                *(record.dataset, record.model, str(record.steps or NONE)),
                operations(record),
                NONE
                if record.input_spikes_per_value is None
                else f"{record.input_spikes_per_value:.2f}",
                NONE if record.joules_per_sentence is None else joules(record.joules_per_sentence),
                f"{record.seconds:,.0f}",
            ]
            for record in main_records(records)
        ),
    )


def ablation_table(records: Sequence[Record]) -> str:
    """One thing changed, and what it is worth against the system that is changed."""
    whole = {(record.dataset, record.system, record.steps): record for record in records}
    lines = []
    for record in records:
        if record.system not in ABLATIONS:
            continue
        base = whole.get((record.dataset, record.model, record.steps))
        gain = NONE if base is None else f"{record.percent_above(base):+.2f}"
        work = operations(record)
        spikes = record.input_spikes_per_value
        lines.append(
            [
                *(record.dataset, record.model, record.setting, str(record.steps)),
                *(str(record.seeds), accuracy(record), gain, work),
                NONE if spikes is None else f"{spikes:.2f}",
            ]
        )
    head = ["data set", "of", "changed", "T", "seeds", "accuracy %", "gain", "SOPs"]
    return table([*head, "input spikes a value"], lines)


def teacher_lines(records: Sequence[Record]) -> list[str]:
    """By whom each system was taught, a line each, where it is known."""
    lines = []
    taught = [record for record in records if record.teachers]
    for system in dict.fromkeys(record.system for record in taught):
        own = [record for record in taught if record.system == system]
        by_names: dict[str, dict[str, None]] = {}
        for record in own:
            by_names.setdefault(" and ".join(record.teachers), {})[record.dataset] = None
        parts = (f"{', '.join(datasets)} by {names}" for names, datasets in by_names.items())
        lines.append(f"{system}: {'; '.join(parts)}")
    return lines


def accuracy(record: Record) -> str:
    """Mean and deviation in percent, and the seeds where they are not five.

    Seeds are said so that a row that is not whole is not taken for one.
    """
    shown = f"{record.percent:.2f}"
    shown += "" if record.std is None else f" ± {100 * record.std:.2f}"
    return shown + ("" if record.seeds == 5 else f" ({record.seeds})")


def operations(record: Record) -> str:
    """SOPs of an SNN, or in brackets the MACs of an ANN."""
    if record.sops_per_sentence is not None:
        return count(record.sops_per_sentence)
    return NONE if record.macs_per_sentence is None else f"({count(record.macs_per_sentence)})"


def size(parameters: float) -> str:
    """A number of parameters: 361 k, 110 M.

    >>> size(360_902), size(110e6)
    ('361 k', '110 M')
    """
    millions = parameters / 1e6
    return f"{millions:.0f} M" if millions >= 10 else f"{parameters / 1e3:.0f} k"
