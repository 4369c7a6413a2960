"""The files beside an exported graph: load.py, README.md and export.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from ....formatting import percent
from ....version import __version__
from ..dialects import DIALECTS
from ..graph.exported import ExportedNetwork
from ..graph.graph import chains, threshold

TEMPLATES = Path(__file__).parent / "templates"


def watched(exported: ExportedNetwork, kind: str) -> list[str]:
    """Names of the nodes of one kind, ``act`` or ``pool``, in the order of the examples."""
    return [f"{kind}{chain.suffix}" for chain in chains(exported.form, exported.mode)]


def load_script(exported: ExportedNetwork) -> str:
    """The text of load.py; of plain NIR that of a simulator which reads its neurons as they are."""
    plain = "spikingjelly" if exported.form.leak else "norse"  # norse's LIF leaves out r
    name = exported.simulator if DIALECTS[exported.simulator].package else plain
    acts, soft = watched(exported, "act"), exported.form.soft
    words = {
        "ACTS": acts,
        "POOLS": watched(exported, "pool"),
        "SOFT": acts if soft else [],
        "STEPS": exported.form.steps,
        "RESET": "reset_subtract" if soft else "reset_value",
        "SIMULATOR": name,
        # without a grid a sum may round in another order, and a spike with it
        "FAILED": "any(differ.any() for differ in wrong.values())"
        if exported.bits is not None
        else 'wrong["predictions"].any()',
    }
    text = "".join((TEMPLATES / f"{part}.txt").read_text("utf-8") for part in (name, "compare"))
    text = Template(text).substitute({key: str(value) for key, value in words.items()})
    unused = "reset_value" if soft else "reset_subtract"
    both = "import reset_subtract, reset_value"
    return text.replace(both, f"import {words['RESET']}") if unused in text else text


def readme(exported: ExportedNetwork, figures: Mapping[str, Any]) -> str:
    """The text of README.md."""
    form, layout = exported.form, exported.layout
    dialect = DIALECTS[exported.simulator]
    settings = dialect.settings(form.soft)
    limit = threshold(form, exported.bits)
    words = {
        "TITLE": f"{' / '.join(exported.classes)}, T = {form.steps}",
        "VERSION": __version__,
        "READER": f"{dialect.package} {dialect.tested}" if dialect.package else "any reader of NIR",
        "SETTINGS": _settings(exported),
        "AFTER": "; ".join(settings) + "." if settings else "nothing.",
        "FOLDS": layout.folds,
        "PLACES": layout.places,
        "TAPS": layout.taps,
        "POSITIONS": layout.positions,
        "INPUTS": layout.inputs,
        "LEAD": layout.lead,
        "ABSENT": "\n".join(
            f"    d = {layout.start + 1 + number:<12} 1 where p >= max(n - {reach}, 0) + 1, at "
            "every step: no window of the text begins there"
            for number, reach in enumerate(layout.reaches)
        ),
        "KEPT": f"{1 - form.leak:g} v" if form.leak else "v",
        "COMPARED": f"> {limit!r}",
        "RESETS": f"-= {limit:g}" if form.soft else "= 0",
        "POOLED": _pooled(exported),
        "ROUNDED": _rounded(exported, figures),
    }
    text = (TEMPLATES / "README.txt").read_text("utf-8")
    return Template(text).substitute({key: str(value) for key, value in words.items()})


def _settings(exported: ExportedNetwork) -> str:
    form = exported.form
    widths = ", ".join(
        f"{branch.channels} of width {branch.width} (zeros {branch.padding[0]} left, "
        f"{branch.padding[1]} right)"
        for branch in form.branches
    )
    rows = {
        "T": form.steps,
        "encoder": ", ".join(f"{k} {v}" for k, v in form.encoder.to_dict().items()),
        "filters": widths,
        "reset": "by subtraction" if form.soft else "to zero",
        "maximum over positions": f"of {form.pooling}",
        "classes": ", ".join(exported.classes),
        "graph": exported.mode,
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items())])


def _pooled(exported: ExportedNetwork) -> str:
    if not exported.form.counts:
        return "    pool     s_c = 1 where any window of channel c has spiked at this step"
    return (
        "    count    T neurons a window: level m spikes when the window's count reaches m\n"
        "    pool     level m of channel c spikes when the first window reaches it"
    )


def _rounded(exported: ExportedNetwork, figures: Mapping[str, Any]) -> str:
    if exported.bits is None:
        return (
            "Nothing (`--bits float`). Sums round in an order that differs between simulators, so "
            "a spike may differ where a potential meets the threshold."
        )
    text = (
        f"Weights, biases and V(0) are multiples of 2^-{exported.bits}, so that no sum rounds and "
        "every simulator gives the same spikes."
    )
    if "kept" not in figures:
        return text
    before, after = percent(figures["accuracy_before"]), percent(figures["accuracy_after"])
    return (
        f"{text} Of {figures['texts']:,} test texts {figures['kept']:,} have the prediction that "
        f"they had before; accuracy {before} % before, {after} % after."
    )
