"""The tables of the page, out of what the JSON file holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean
from typing import Any

from .....engine.scores import SCORES
from .....formatting import NONE, count, joules
from ....settings.reproduce import GLUE
from ...shared.tables import spread, table
from .. import published
from ..plan import MAIN, MODELS
from .decided import DECIDED

Record = dict[str, Any]
Groups = dict[tuple[str, str], list[Record]]
"""Rows by data set and model."""


def grouped(rows: Sequence[Record]) -> Groups:
    """Rows by data set and model, in the order of the models."""
    found: Groups = {}
    order = list(MODELS)
    for row in sorted(rows, key=lambda r: (r["dataset"], order.index(r["model"]), r["seed"])):
        found.setdefault((row["dataset"], row["model"]), []).append(row)
    return found


def claims_table(claims: Sequence[Record]) -> str:
    """A row for each claim and data set."""
    head = ["claim", "data set", "seeds", "published", "ours, synapses alone"]
    head += ["ours, everything", "met, as published", "met, everything"]
    return table(
        head,
        (
            [
                *(claim["claim"], claim["dataset"], str(claim["seeds"])),
                _figure(claim["published"], claim["unit"]),
                _interval(claim["synapses"], claim["unit"]),
                _interval(claim["everything"], claim["unit"]),
                *map(_met, (claim["met_synapses"], claim["met"])),
            ]
            for claim in claims
        ),
    )


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return NONE
    return f"{value:.2f}x" if unit == "times" else f"{value:+.1f} points"


def _interval(found: Record | None, unit: str) -> str:
    if found is None:
        return NONE
    low, high = (_figure(found[name], unit).split()[0] for name in ("low", "high"))
    shown = _figure(found["value"], unit)
    return shown if low == high else f"{shown} ({low} to {high})"


def _met(met: bool | None) -> str:
    return NONE if met is None else "met" if met else "not met"


GLUE_LINE = """\
GLUE (published mean {published}, of which tasks the abstract does not say): {said}
"""


def glue_line(groups: Groups) -> str:
    """What the tasks of GLUE say to the published mean."""
    tasks = [task for task in GLUE if (task, MAIN[-1]) in groups]
    if not tasks:
        said = "none of its tasks are among these, so nothing here speaks to that figure."
        return GLUE_LINE.format(published=published.GLUE, said=said)
    means = []
    for model in MAIN:
        rows = [groups[task, model] for task in tasks if (task, model) in groups]
        if len(rows) == len(tasks):
            means.append(f"`{model}` {100 * mean(of(own, 'score') for own in rows):.1f}")
    trivial = 100 * mean(groups[task, MAIN[-1]][0]["trivial"] for task in tasks)
    said = (
        f"the mean of {', '.join(tasks)} is {', '.join(means)}, and one answer for all texts has "
        f"{trivial:.1f}. Word pieces and their vectors are those of a BERT; nothing else is "
        "pretrained. Where GLUE keeps its test labels, its dev set is test here."
    )
    return GLUE_LINE.format(published=published.GLUE, said=said)


def tasks_table(groups: Groups, priced: str) -> str:
    """A row for each data set and network.

    Args:
        groups: rows
        priced: the energy table
    """
    head = ["data set", "network", "what", "seeds", "score %", "dev %", "trivial %"]
    head += ["score", "epochs"]
    head += ["CPU seconds of training", "spikes a text", "SOPs a text (MACs)"]
    head += ["spikes a synapse", "synapses alone", "everything", "of the ANN's, by both"]
    lines = []
    for (dataset, model), rows in groups.items():
        ann = groups.get((dataset, "ann"))
        lines.append(
            [
                *(dataset, f"`{model}`", MODELS[model].words, str(len(rows))),
                spread([row["score"] for row in rows], 100, 1),
                spread([row["dev_score"] for row in rows], 100, 1),
                f"{100 * rows[0]['trivial']:.1f}",
                SCORES[rows[0]["metric"]].title.lower(),
                str(rows[0]["epochs"]),
                spread([row["train_seconds"] for row in rows], digits=0),
                count(of(rows, "spikes")) if rows[0]["spikes"] else NONE,
                count(of(rows, "sops")) if rows[0]["sops"] else f"({count(of(rows, 'macs'))})",
                NONE if rows[0]["share"] is None else f"{of(rows, 'share'):.3f}",
                *(joules(priced_mean(rows, part, priced)) for part in PARTS),
                " / ".join(_of_ann(rows, ann, part, priced) for part in PARTS),
            ]
        )
    return table(head, lines)


PARTS = ("synapses", "everything")


def of(rows: Sequence[Record], name: str) -> float:
    """The mean of a figure over seeds."""
    return mean(row[name] for row in rows)


def priced_mean(rows: Sequence[Record], part: str, priced: str) -> float | None:
    """Joules a text by a table, the mean over seeds; None where it has no price."""
    found = [row[part].get(priced) for row in rows]
    return None if None in found else mean(found)


def _of_ann(rows: Sequence[Record], ann: list[Record] | None, part: str, priced: str) -> str:
    if ann is None or rows is ann:
        return NONE
    own, theirs = priced_mean(rows, part, priced), priced_mean(ann, part, priced)
    return NONE if own is None or not theirs else f"{100 * own / theirs:.1f} %"


def prices_table(groups: Groups) -> str:
    """Everything that is counted, by every table that can price it."""
    first = [rows[0]["everything"] for rows in groups.values()]
    tables = [name for name in (first[0] if first else ()) if all(of.get(name) for of in first)]
    return table(
        ["data set", "network", *tables],
        (
            [
                dataset,
                f"`{model}`",
                *(joules(priced_mean(rows, "everything", name)) for name in tables),
            ]
            for (dataset, model), rows in groups.items()
        ),
    )


def steps_table(steps: Sequence[Record]) -> str:
    """Time and kept memory of a training step."""
    head = ["data set", "texts a batch", "batches", "network", "CPU a step"]
    head += ["CPU for 1,000 tokens", "times individual (95 %)", "kept, MB", "times individual"]
    return table(
        head,
        (
            [
                *(step["dataset"], str(step["texts"]), str(step["batches"]), f"`{step['way']}`"),
                f"{1e3 * step['cpu_seconds']:.0f} ms",
                f"{1e3 * step['per_1000_tokens']:.0f} ms",
                f"{step['times']:.2f} ({step['low']:.2f} to {step['high']:.2f})",
                f"{step['kept_bytes'] / 1e6:.1f}",
                f"{step['kept_times']:.2f}",
            ]
            for step in steps
        ),
    )


def activity_table(groups: Groups) -> str:
    """How neurons fire."""
    head = ["data set", "network", "rate %", "after a spike %", "always %", "never %"]
    head += ["decays, forward / backward, by layer"]
    return table(head, _activity_lines(groups))


def _activity_lines(groups: Groups) -> Iterator[list[str]]:
    for (dataset, model), rows in groups.items():
        found = [row["activity"] for row in rows if row["activity"]]
        if found:
            shares = (
                spread([each[name] for each in found], 100, 1)
                for name in ("rate", "after_spike", "always", "never")
            )
            decays = ", ".join(f"{f:g} / {b:g}" for f, b in found[0]["decays"].values())
            yield [dataset, f"`{model}`", *shares, decays or NONE]


def decided_table() -> str:
    """What is published and what was decided."""
    return table(["what", "is"], DECIDED)
