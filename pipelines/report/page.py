"""`snnconvert report`: one self-contained page, RUN/report.html, from the files of a run.

The page loads nothing: style sheet and figures are in it, and its content security policy forbids
everything else. Texts and names come from data, so every one of them is escaped.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from ...files import write_text
from ...version import __version__
from . import format as form
from .reading.robustness import AttackRow
from .reading.run import Model, RunFigures, last_model, read_run
from .sections.accuracy import accuracy_figure, intervals, texts_tested
from .sections.classes.section import chance_context, classes_context
from .sections.conversion import budget_context
from .sections.energy.section import energy_context, headline
from .sections.raster import MOST_WORDS
from .sections.rates import histograms, rates_figure
from .sections.robustness.section import robustness_context
from .sections.spikes import rasters

STAGE_NAMES = {
    "data": "Texts and vectors",
    "ann": "Training",
    "snn": "Conversion",
    "finetuned": "Fine-tuning",
    "ann-adversarial": "Adversarial training, ANN",
    "snn-adversarial": "Adversarial training, SNN",
    "attack": "Attack",
    "energy": "Energy",
}
# functions of report_format that templates use
FILTERS: tuple[str, ...] = (
    "percent",
    "span",
    "count",
    "number",
    "signed",
    "scientific",
    "duration",
    "points",
)
FILTERS += ("plain", "victim", "attack", "p_value", "reach", "gap", "joules", "ratio")


def report(run: str | Path, out: str | Path | None = None) -> Path:
    """Write the report of a run folder; sections of stages that are not done name their command.

    Args:
        run: folder of the run
        out: the page; RUN/report.html by default

    Returns:
        The path of the page.

    Raises:
        InputError: no run there, or a file of it is missing or damaged.
        SnnConvertError: the page cannot be written.
    """
    figures = read_run(run)
    path = Path(out) if out else figures.path / "report.html"
    # half a surrogate pair, which an attack can leave in a text, cannot be written as UTF-8
    write_text(path, render(figures).encode("utf-8", "replace").decode("utf-8"))
    return path


def render(run: RunFigures) -> str:
    """The page, as HTML."""
    return page("report.html", context(run))


def page(template: str, shown: dict[str, Any]) -> str:
    """A template filled in; texts are escaped, and a name that is not there is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__ or "snnconvert.pipelines"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = ("percent", "span", "count", "number", "signed", "scientific", "duration", "points")
    for name in (
        *filters,
        "plain",
        "victim",
        "attack",
        "p_value",
        "reach",
        "gap",
        "joules",
        "ratio",
    ):
        environment.filters[name] = getattr(form, name)
    return environment.get_template(template).render(**shown)


def context(run: RunFigures) -> dict[str, Any]:
    """Everything that the templates show."""
    last = last_model(run.models)
    activity = {kind: model.activity for kind, model in run.models.items() if model.activity}
    classes = run.data.classes if run.data else []
    rows = run.attacks.rows if run.attacks else []
    versions = run.config.get("versions")
    return {
        "run": run,
        "version": __version__,
        "where": shlex.quote(str(run.path)),
        "title": f"{run.data.name}: spiking text CNN" if run.data else "Spiking text CNN",
        "names": form.MODEL_NAMES,
        "last": last,
        "ann": run.models.get("ann"),
        "intervals": intervals(run),
        "unchanged": unchanged(run),
        "weakest": weakest(rows, last),
        "accuracy": accuracy_figure(run.models, texts_tested(run)) if last else None,
        "classes": classes_context(run.models),
        "chance": chance_context(run.models),
        "rates": rates_figure(activity) if activity else None,
        "histograms": histograms(last) if last else [],
        "activity": activity,
        "budget": budget_context(run.conversion.budget) if run.conversion else None,
        "rasters": rasters(run, classes),
        "most_words": MOST_WORDS,
        "robust": robustness_context(run, classes),
        "energy": energy_context(run.energy),
        "headline": headline(run.energy, last.kind if last else ""),
        "settings": settings(run),
        "versions": versions if isinstance(versions, dict) else {},
        "stage_names": STAGE_NAMES,
    }


def unchanged(run: RunFigures) -> bool:
    """Whether fine-tuning kept the converted network, because no epoch was better on dev."""
    model = run.models.get("finetuned")
    return model is not None and model.best_epoch == 0


def weakest(rows: list[AttackRow], last: Model | None) -> dict[str, AttackRow]:
    """The attack that leaves the last model least accuracy: its row for every victim, by victim."""
    kind = last.kind if last else "ann"

    def under(row: AttackRow) -> float | None:
        return row.figures["accuracy_under_attack"]

    rows = [row for row in rows if row.main]
    own = [(value, row) for row in rows if row.victim == kind and (value := under(row)) is not None]
    if not own:
        return {}
    attack = min(own, key=lambda pair: pair[0])[1].attack
    return {row.victim: row for row in rows if row.attack == attack and under(row) is not None}


def settings(run: RunFigures) -> dict[str, dict[str, Any]]:
    """Settings by stage, as config.yaml has them, without the versions."""
    return {
        stage: values
        for stage, values in run.config.items()
        if stage != "versions" and isinstance(values, dict)
    }
