"""The summary of several seeds, for the terminal."""

from __future__ import annotations

from collections.abc import Callable

from ...formatting import joules, percent
from ..display.aligned import table
from ..display.names import attack, title, victim
from ..statistics.figures import BASELINE, GAP, is_shown
from ..statistics.summary import SeedFigure, SeedSummary

UNITS: dict[str, Callable[[float], str]] = {
    "share": percent,
    "joules": joules,
    "ratio": lambda value: f"{value:.3g}",
    "count": lambda value: f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}",
}
"""How a figure is written, by its unit."""


def spread(figure: SeedFigure | None) -> str:
    """``88.8 ± 1.2``: mean and standard deviation; of one seed the figure alone."""
    if figure is None:
        return ""
    write = UNITS[figure.unit]
    std = figure.shown_std
    return write(figure.mean) + ("" if std is None else f" ± {write(std)}")


def model_title(name: str) -> str:
    """The name of a model or of the linear one."""
    return "linear model on words" if name == BASELINE else title(name)


def seeds_text(summary: SeedSummary) -> str:
    """Every table of the seeds, and what the mean is over."""
    seeds = ", ".join(map(str, summary.seeds))
    parts = [
        f"\n{summary.dataset}, {len(summary.seeds)} seeds ({seeds}): mean ± {summary.std}",
        accuracy_table(summary),
        "",
        single_table(summary),
    ]
    parts += ["", energy_table(summary)] if _models(summary, "energy") else []
    parts += ["", attack_table(summary)] if _models(summary, "attack") else []
    parts += [f"seed {seed} failed: {why}" for seed, why in summary.failed.items()]
    return "\n".join([*parts, summary.what_changes])


def _models(summary: SeedSummary, group: str) -> list[str]:
    return list(dict.fromkeys(own.model for own in summary.figures if own.group == group))


def accuracy_table(summary: SeedSummary) -> str:
    """Models by accuracy, macro F1, and what they cost."""
    rows = []
    for name in _models(summary, "accuracy"):
        figures = [
            summary.of("accuracy", name, figure)
            for figure in ("dev_accuracy", "test_accuracy", "test_macro_f1", GAP)
        ]
        figures += [
            summary.of("spikes", name, figure)
            for figure in ("input_spikes_per_sample", "sops_per_sample")
        ]
        rows.append([model_title(name), *map(spread, figures)])
    largest = [
        summary.of("accuracy", "ann", f"{split}_largest_class_share") for split in ("dev", "test")
    ]
    if any(largest):
        shares = [percent(own.mean) if own else "" for own in largest]
        rows.append(["largest class always", *shares, "", "", "", ""])
    header = ["model", "dev %", "test %", "macro F1 %", "- ANN", "input spikes/text", "SOPs/text"]
    return table(header, rows)


def single_table(summary: SeedSummary) -> str:
    """Test accuracy of every model with every seed."""
    rows = []
    for name in _models(summary, "accuracy"):
        figure = summary.of("accuracy", name, "test_accuracy")
        if figure:
            rows.append([model_title(name), *map(percent, figure.values), spread(figure)])
    return table(["test %", *(f"seed {seed}" for seed in summary.seeds), "mean"], rows)


def energy_table(summary: SeedSummary) -> str:
    """Projected energy of a text."""
    rows = []
    for own in summary.figures:
        if own.figure == "joules_per_sentence" and is_shown(own.key):
            ratio = summary.of("energy", own.model, "ratio_to_sparse_ann", own.detail)
            rows.append([title(own.model), own.detail, spread(own), spread(ratio)])
    return table(["model", "setting", "energy/text", "x sparse ANN"], rows)


def attack_table(summary: SeedSummary) -> str:
    """Every victim under every attack."""
    names = ("clean_accuracy", "accuracy_under_attack", "success_rate", "verified_rate")
    rows = []
    for own in summary.figures:
        if own.figure == names[1]:
            figures = [summary.of("attack", own.model, name, own.detail) for name in names]
            rows.append([victim(own.model), attack(own.detail), *map(spread, figures)])
    return table(["victim", "attack", "clean %", "under attack %", "success %", "verified %"], rows)
