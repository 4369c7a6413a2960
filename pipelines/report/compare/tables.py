"""Tables that compare runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..format import MODEL_NAMES, NONE, attack, count, joules, percent, ratio, span
from ..reading.run import Model, RunFigures, last_model
from ..sections.accuracy import intervals, texts_tested
from ..sections.energy.section import MAIN

KINDS = ("ann", "snn", "finetuned")


Row = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """A figure of one run: what is shown, what stands below it, and its value in the file."""

    text: str
    small: str = ""
    value: float | str | None = None


ABSENT = Cell(NONE)


def tables(runs: Mapping[str, RunFigures]) -> dict[str, list[tuple[str, list[Cell]]]]:
    """Rows by heading; each has a name and one cell a run, and is there if any run has it."""
    all_runs = list(runs.values())
    found: dict[str, list[tuple[str, list[Cell]]]] = {
        "Data": _rows(all_runs, {"Data set": _data, "Texts in test": _texts, "Data hash": _hash}),
        "Accuracy, test": _rows(all_runs, {MODEL_NAMES[k]: _accuracy(k) for k in KINDS}),
        "What accuracy is beside, test": _rows(
            all_runs,
            {"Largest class": _largest, "Linear model on words": _linear}
            | {f"Macro F1, {MODEL_NAMES[k]}": _macro_f1(k) for k in KINDS},
        ),
        "Steps and spikes": _rows(
            all_runs,
            {
                "Time steps T": _of_last(lambda m: m.steps, count),
                "Input code": _encoder,
                "Input spikes per text": _of_last(lambda m: m.input_spikes, count),
                "Synaptic operations per text": _of_last(lambda m: m.sops, count),
                "Input MACs per text": _of_last(lambda m: m.input_macs, count),
            },
        ),
        "Energy a sentence, projected": _rows(all_runs, {m: _energy(m) for m in MAIN}),
    }
    attacks = dict.fromkeys(
        row.attack for run in all_runs if run.attacks for row in run.attacks.rows if row.main
    )
    wanted = {
        f"{MODEL_NAMES[kind]}, {attack(name)}": _robustness(kind, name)
        for name in attacks
        for kind in KINDS
    }
    found["Accuracy under attack"] = _rows(all_runs, wanted)
    return found


def _rows(
    runs: Sequence[RunFigures], wanted: Mapping[str, Callable[[RunFigures], Cell]]
) -> list[tuple[str, list[Cell]]]:
    rows = [(name, [read(run) for run in runs]) for name, read in wanted.items()]
    return [(name, cells) for name, cells in rows if any(cell != ABSENT for cell in cells)]


def _data(run: RunFigures) -> Cell:
    return Cell(run.data.name, "", run.data.name) if run.data else ABSENT


def _texts(run: RunFigures) -> Cell:
    texts = texts_tested(run)
    return Cell(count(texts), "", texts) if texts else ABSENT


def _hash(run: RunFigures) -> Cell:
    digest = run.data.sha256 if run.data else None
    return Cell(digest[:12], "", digest) if digest else ABSENT


def _accuracy(kind: str) -> Callable[[RunFigures], Cell]:
    def read(run: RunFigures) -> Cell:
        model, ends = run.models.get(kind), intervals(run).get(kind)
        if model is None:
            return ABSENT
        steps = f"T = {model.steps}" if model.steps else ""
        lost = "at chance" if model.classes and model.classes.chance else ""
        parts = [steps, span(*ends) if ends else "", lost]
        return Cell(percent(model.test), ", ".join(filter(None, parts)), model.test)

    return read


def _largest(run: RunFigures) -> Cell:
    found = next((m.classes for m in run.models.values() if m.classes), None)
    if found is None:
        return ABSENT
    return Cell(percent(found.largest_share), found.largest, found.largest_share)


def _linear(run: RunFigures) -> Cell:
    ann = run.models.get("ann")
    baseline = ann.baseline if ann else None
    return Cell(percent(baseline.test), "", baseline.test) if baseline else ABSENT


def _macro_f1(kind: str) -> Callable[[RunFigures], Cell]:
    def read(run: RunFigures) -> Cell:
        model = run.models.get(kind)
        found = model.classes if model else None
        return Cell(percent(found.macro_f1), "", found.macro_f1) if found else ABSENT

    return read


def _of_last(
    value: Callable[[Model], float | None], shown: Callable[[float | None], str]
) -> Callable[[RunFigures], Cell]:
    def read(run: RunFigures) -> Cell:
        last = last_model(run.models)
        found = value(last) if last else None
        return ABSENT if found is None else Cell(shown(found), "", found)

    return read


def _encoder(run: RunFigures) -> Cell:
    code = run.conversion.encoder if run.conversion else None
    return Cell(code, "", code) if code else ABSENT


def _energy(model: str) -> Callable[[RunFigures], Cell]:
    def read(run: RunFigures) -> Cell:
        last = last_model(run.models)
        row = run.energy.of(last.kind, "all steps", model) if run.energy and last else None
        if row is None or row.joules is None:
            return ABSENT
        small = "" if row.ratio is None else f"{ratio(row.ratio)} of the sparse ANN"
        return Cell(joules(row.joules), small, row.joules)

    return read


def _robustness(kind: str, name: str) -> Callable[[RunFigures], Cell]:
    def read(run: RunFigures) -> Cell:
        rows = run.attacks.rows if run.attacks else []
        row = next((r for r in rows if (r.victim, r.attack) == (kind, name) and r.main), None)
        under = row.figures["accuracy_under_attack"] if row else None
        if row is None or under is None:
            return ABSENT
        ends = (
            row.figures["accuracy_under_attack_low"],
            row.figures["accuracy_under_attack_high"],
        )
        return Cell(percent(under), f"{span(*ends)}, {count(row.figures['n'])} texts", under)

    return read
