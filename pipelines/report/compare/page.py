"""`snnconvert report A B C`: several runs beside one another, in one self-contained page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from .... import __version__
from ....errors import InputError
from ....files import write_text
from ..drawing.files import Figure, figure, rows_link
from ..drawing.svg import Canvas, nice_ticks, thinned
from ..format import (
    MODEL_NAMES,
    NONE,
    attack,
    count,
    joules,
    last_model,
    percent,
    plain,
    ratio,
    span,
)
from ..page import page, settings
from ..read import Model, RunFigures, read_run
from ..sections.accuracy import both_widths
from ..sections.energy.section import MAIN
from ..sections.spikes import interval, intervals, texts_tested

COLOURS = ("one", "two", "three", "four", "five", "six")
MARKERS = ("circle", "square", "diamond")
KINDS = ("ann", "snn", "finetuned")
Row = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """A figure of one run: what is shown, what stands below it, and its value in the file."""

    text: str
    small: str = ""
    value: float | str | None = None


ABSENT = Cell(NONE)


def compare(paths: Sequence[str | Path], out: str | Path | None = None) -> Path:
    """Write one page with the figures of several runs.

    Args:
        paths: of two or more run folders
        out: the page; compare.html in the first of them by default

    Returns:
        The path of the page.

    Raises:
        InputError: fewer than two runs, one named twice, or one without figures.
        SnnConvertError: the page cannot be written.
    """
    folders = [Path(path).resolve() for path in paths]
    if len(folders) < 2 or len(set(folders)) < len(folders):
        raise InputError(
            f"expected two or more different run folders to compare, but got "
            f"{', '.join(map(str, paths))}: name each once"
        )
    runs = dict(zip(run_names(folders), (read_run(path) for path in paths), strict=True))
    target = Path(out) if out else Path(paths[0]) / "compare.html"
    text = page("compare.html", comparison(runs))
    write_text(target, text.encode("utf-8", "replace").decode("utf-8"))
    return target


def run_names(folders: Sequence[Path]) -> list[str]:
    """For each folder the shortest end of its path that no other has."""
    names = []
    for folder in folders:
        others = [other for other in folders if other != folder]
        depth = 1
        while any(o.parts[-depth:] == folder.parts[-depth:] for o in others):
            depth += 1
        names.append("/".join(folder.parts[-depth:]))
    return names


def comparison(runs: Mapping[str, RunFigures]) -> Row:
    """Everything that the template shows."""
    texts = {run.data.sha256 if run.data else None for run in runs.values()}
    groups = {title: rows for title, rows in tables(runs).items() if rows}
    values = [
        {"group": title, "figure": name, **{r: c.value for r, c in zip(runs, cells, strict=True)}}
        for title, rows in groups.items()
        for name, cells in rows
    ]
    # a stage that a run has not is said once, not by each of its settings
    made = {name: settings(run) for name, run in runs.items()}
    first, *others = made.values()
    shared = [stage for stage in first if all(stage in own for own in others)]
    flat = {
        name: {"stages": ", ".join(sorted(made[name]))} | flat_settings(run, shared)
        for name, run in runs.items()
    }
    names = list(dict.fromkeys(key for own in flat.values() for key in own))
    table = {key: [own.get(key) for own in flat.values()] for key in names}
    return {
        "version": __version__,
        "runs": runs,
        "keys": {n: run_key(s) for n, s in zip(runs, styles(len(runs)), strict=True)},
        "same_data": len(texts) == 1 and None not in texts,
        "groups": groups,
        "csv": rows_link(values),
        "accuracy": overlay(runs),
        "different": {key: row for key, row in table.items() if len(set(row)) > 1},
        "same": {key: row[0] for key, row in table.items() if len(set(row)) == 1},
        "leads": {name: lead(run) for name, run in runs.items()},
    }


def lead(run: RunFigures) -> Row:
    """The card of a run: its last model, beside its ANN."""
    last = last_model(run.models) or run.models.get("ann")
    ann = run.models.get("ann")
    gap = last.test - ann.test if last and ann and last.kind != "ann" else None
    return {
        "model": last,
        "name": MODEL_NAMES[last.kind] if last else "",
        "gap": gap,
        "data": run.data.name if run.data else "",
    }


def styles(runs: int) -> list[tuple[str, str]]:
    """Colour and marker of each run; markers tell those of the same colour apart."""
    return [
        (COLOURS[i % len(COLOURS)], MARKERS[(i + i // len(COLOURS)) % len(MARKERS)])
        for i in range(runs)
    ]


def flat_settings(run: RunFigures, stages: Sequence[str]) -> dict[str, str]:
    """Every setting of ``stages`` and version by a dotted name, as the command line takes it."""
    found = {
        f"{stage}.{name}": plain(value)
        for stage, values in settings(run).items()
        if stage in stages
        for name, value in values.items()
        if not isinstance(value, dict)  # fingerprints of models, which always differ
    }
    versions = run.config.get("versions")
    if isinstance(versions, dict):
        found |= {f"versions.{name}": str(value) for name, value in versions.items()}
    return found


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


def overlay(runs: Mapping[str, RunFigures]) -> Figure | None:
    """Test accuracy of every run's last SNN against T, and its ANN; None without any SNN."""
    found = {name: last for name, run in runs.items() if (last := last_model(run.models))}
    if not found:
        return None
    rows: list[Row] = []
    for name, model in found.items():
        for step, value in enumerate(model.test_by_step, 1):
            low, high = interval(value, texts_tested(runs[name])) or (None, None)
            row: Row = {"run": name, "model": model.kind, "step": step, "test_accuracy": value}
            rows.append(row | {"low": low, "high": high})
    rows += [
        {"run": name, "model": "ann", "step": None, "test_accuracy": run.models["ann"].test}
        for name, run in runs.items()
        if "ann" in run.models
    ]
    markup = both_widths(lambda width, shape: _overlay(runs, found, width, shape))
    return figure("accuracy-of-runs", "accuracy of every run against time steps", markup, rows)


def _overlay(
    runs: Mapping[str, RunFigures], found: Mapping[str, Model], width: float, shape: str
) -> Canvas:
    anns = {name: run.models["ann"].test for name, run in runs.items() if "ann" in run.models}
    steps = max(len(model.test_by_step) for model in found.values())
    values = [v for model in found.values() for v in model.test_by_step] + list(anns.values())
    ticks = nice_ticks(100 * min(values) - 0.5, 100 * max(values) + 0.5)
    said = ", ".join(
        f"{name} {percent(m.test_by_step[-1])} at T = {len(m.test_by_step)}"
        for name, m in found.items()
    )
    narrow = shape == "narrow"
    canvas = Canvas(width, 330, f"Test accuracy of every run against time steps: {said}", shape)
    left, right, top, bottom = 46.0, width - 14.0, 34.0, canvas.height - 44

    def x(step: float) -> float:
        first, last = left + 20, right - 20
        return (
            (first + last) / 2 if steps == 1 else first + (last - first) * (step - 1) / (steps - 1)
        )

    def y(share: float) -> float:
        return bottom - (bottom - top) * (100 * share - ticks[0]) / (ticks[-1] - ticks[0])

    for tick in ticks:
        canvas.line(left, y(tick / 100), right, y(tick / 100), "grid")
        canvas.text(left - 8, y(tick / 100) + 4, f"{tick:g}", "muted", "end")
    for step in thinned(steps, 6 if narrow else 20):
        canvas.text(x(step), bottom + 20, str(step), "muted", "middle")
    canvas.text((left + right) / 2, canvas.height - 6, "time steps T", "muted", "middle")
    canvas.text(0, 14, "test accuracy, %", "muted")
    marked = thinned(steps, 5 if narrow else 16)
    for (name, run), (colour, kind) in zip(runs.items(), styles(len(runs)), strict=True):
        if name in anns:
            title = f"{name}, ANN: {percent(anns[name])}"
            height = y(anns[name])
            canvas.line(left, height, right, height, f"curve dashed thin {colour}", title)
        curve = found[name].test_by_step if name in found else []
        if run.models and curve:
            canvas.path(((x(i), y(v)) for i, v in enumerate(curve, 1)), f"curve {colour}")
        for step, value in enumerate(curve, 1):
            if step in marked:
                title = f"{name}, T = {step}: {percent(value)}"
                canvas.marker(kind, x(step), y(value), f"mark {colour}", title)
    return canvas


def run_key(style: tuple[str, str]) -> Markup:
    """A short piece of a run's line with its marker, for a legend."""
    canvas = Canvas(34, 16, "", "swatch")
    canvas.line(1, 8, 33, 8, f"curve {style[0]}")
    canvas.marker(style[1], 17, 8, f"mark {style[0]}")
    return canvas.markup(hidden=True)
