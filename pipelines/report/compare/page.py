"""`snnconvert report A B C`: several runs beside one another, in one self-contained page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ....errors import InputError
from ....files import write_text
from ...display.names import title
from ...run_folder.seed_folders import seed_folder
from ...statistics.summary import SeedSummary, read_summary, summarise
from ..drawing.files import rows_link, without_controls
from ..format import plain, points_from
from ..labels import labelled
from ..read import Run
from ..templating import render_template
from .overlay import overlay, run_key, series, styles
from .seeds import seeds_context
from .tables import Row, tables


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
    runs = dict(zip(run_names(folders), (Run(path) for path in paths), strict=True))
    target = Path(out) if out else Path(paths[0]) / "compare.html"
    return _write(target, runs, summary_of(runs))


def report_seeds(folder: str | Path, out: str | Path | None = None) -> Path:
    """Write one page over the runs of several seeds: mean and spread, and each of them.

    Args:
        folder: of the seeds, with their summary
        out: the page; report.html in it by default

    Returns:
        The path of the page.

    Raises:
        InputError: no summary there, or a run of it is missing or damaged.
        SnnConvertError: the page cannot be written.
    """
    stored = read_summary(Path(folder))
    runs = {f"seed {seed}": Run(seed_folder(folder, seed)) for seed in stored.seeds}
    found = {seed: run.results for seed, run in zip(stored.seeds, runs.values(), strict=True)}
    summary = summarise(found, {int(seed): why for seed, why in stored.failed.items()})
    return _write(Path(out) if out else Path(folder) / "report.html", runs, summary)


def summary_of(runs: Mapping[str, Run]) -> SeedSummary | None:
    """Mean and spread over runs; None where they differ in more than the seed."""
    seeds = [run.config.get("ann", {}).get("seed") for run in runs.values()]
    if None in seeds or len(set(seeds)) < len(seeds) or not _is_same_but_seed(runs):
        return None
    return summarise(dict(zip(seeds, (run.results for run in runs.values()), strict=True)))


def _is_same_but_seed(runs: Mapping[str, Run]) -> bool:
    """Whether data and all settings of runs agree but for seeds."""
    data = {run.data.sha256 if run.data else None for run in runs.values()}
    stages = list(next(iter(runs.values())).settings)
    first, *others = (
        {
            name: value
            for name, value in flat_settings(run, stages).items()
            if not name.endswith(".seed") and not name.startswith("versions.")
        }
        for run in runs.values()
    )
    return len(data) == 1 and data != {None} and all(own == first for own in others)


def _write(target: Path, runs: Mapping[str, Run], summary: SeedSummary | None) -> Path:
    """The page of ``runs``, which are those of a summary in its order."""
    shown = comparison(runs)
    shown["over"] = seeds_context(summary, list(runs)) if summary else None
    text = labelled(render_template("page/compare.html", shown))
    write_text(target, without_controls(text).encode("utf-8", "replace").decode("utf-8"))
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


def comparison(runs: Mapping[str, Run]) -> Row:
    """Everything that the template shows."""
    texts = {run.data.sha256 if run.data else None for run in runs.values()}
    groups = {title: rows for title, rows in tables(runs).items() if rows}
    values = [
        {"group": title, "figure": name, **{r: c.value for r, c in zip(runs, cells, strict=True)}}
        for title, rows in groups.items()
        for name, cells in rows
    ]
    # a stage that a run has not is said once, not by each of its settings
    made = {name: run.settings for name, run in runs.items()}
    first, *others = made.values()
    shared = [stage for stage in first if all(stage in own for own in others)]
    flat = {
        name: {"stages": ", ".join(sorted(made[name]))} | flat_settings(run, shared)
        for name, run in runs.items()
    }
    names = list(dict.fromkeys(key for own in flat.values() for key in own))
    table = {key: [own.get(key) for own in flat.values()] for key in names}
    return {
        "runs": runs,
        "keys": {n: run_key(s) for n, s in zip(runs, styles(len(runs)), strict=True)},
        "same_data": len(texts) == 1 and None not in texts,
        "groups": groups,
        "csv": rows_link(values),
        "accuracy": overlay(runs),
        "lines": [(own.name, run_key(own.style[:2], own.style[2])) for own in series(runs)],
        "different": {key: row for key, row in table.items() if len(set(row)) > 1},
        "same": {key: row[0] for key, row in table.items() if len(set(row)) == 1},
        "leads": {name: lead(run) for name, run in runs.items()},
    }


def lead(run: Run) -> Row:
    """The card of a run: its last model, beside its ANN."""
    kind = run.last or ("ann" if "ann" in run.models else None)
    model, ann = run.models[kind] if kind else None, run.models.get("ann")
    gap = ""
    if model and ann and kind != "ann":
        gap = points_from(model.test_accuracy, ann.test_accuracy)
    return {"model": model, "name": title(kind) if kind else "", "gap": gap, "data": run.name}


def flat_settings(run: Run, stages: Sequence[str]) -> dict[str, str]:
    """Every setting of ``stages`` and version by a dotted name, as the command line takes it."""
    found = {
        f"{stage}.{name}": plain(value)
        for stage, values in run.settings.items()
        if stage in stages
        for name, value in values.items()
        if not isinstance(value, dict)  # fingerprints of models, which always differ
    }
    found |= {f"versions.{name}": str(value) for name, value in run.versions.items()}
    return found
