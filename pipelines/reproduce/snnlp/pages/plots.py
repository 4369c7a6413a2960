"""Bar charts of accuracy by window, and learning curves, as in the paper."""

from __future__ import annotations

from statistics import mean, stdev
from typing import Any

from ....display.plots import PALETTE, new_figure
from ..data.published import DATASETS, LEVELS, STEPS, published_accuracy
from ..data.rows import Cell, Row
from ..training.plan import OUR_STEPS
from .tables import Grouped

COLOURS = {"saf": PALETTE[1], "random": PALETTE[0]}
CURVE_STEPS = 50


def figure(groups: Grouped) -> Any:
    """A row of panels for each data set and level: accuracy by window, loss on dev by epoch."""
    pairs = [(dataset, level) for dataset in DATASETS for level in LEVELS]
    drawn = new_figure(11, 3 * len(pairs))
    axes = drawn.subplots(len(pairs), 2, squeeze=False)
    for (dataset, level), (bars, curves) in zip(pairs, axes, strict=True):
        _bars(bars, groups, dataset, level)
        _curves(curves, groups, dataset, level)
    return drawn


def _rows(groups: Grouped, dataset: str, level: str, code: str, recipe: str, steps: int) -> Any:
    return groups.get(Cell(dataset, level, code, recipe, steps, -1), [])


def _bars(axes: Any, groups: Grouped, dataset: str, level: str) -> None:
    """Accuracy of both codes at each window, the published one as a line, and ours."""
    for place, code in enumerate(("saf", "random")):
        for number, steps in enumerate(STEPS):
            rows = _rows(groups, dataset, level, code, "published", steps)
            x = number + 0.3 * (place - 1)
            if rows:
                axes.bar(x, **_bar(rows), width=0.28, color=COLOURS[code], label=_once(axes, code))
            known = published_accuracy(dataset, level, code, steps)
            if known is not None:
                label = _once(axes, "published")
                axes.hlines(100 * known, x - 0.16, x + 0.16, color="black", label=label)
    for number, steps in enumerate(OUR_STEPS, len(STEPS)):
        rows = _rows(groups, dataset, level, "saf", "ours", steps)
        if rows:
            axes.bar(number, **_bar(rows), width=0.56, color=PALETTE[2], label=_once(axes, "ours"))
    axes.set_xticks(range(len(STEPS + OUR_STEPS)), [f"T = {steps}" for steps in STEPS + OUR_STEPS])
    axes.set_ylabel("accuracy on test, %")
    axes.set_title(f"{dataset}, {level} level")
    low = 0 if dataset == "emotion" else 40
    axes.set_ylim(low, 100 + (100 - low) / 8)  # room for the legend above the bars
    axes.set_yticks(range(low, 101, 20))
    axes.legend(fontsize="x-small", loc="upper left", ncols=4)


def _bar(rows: list[Row]) -> dict[str, float]:
    values = [100 * row.accuracy for row in rows]
    return {"height": mean(values), "yerr": stdev(values) if len(values) > 1 else 0.0}


def _once(axes: Any, label: str) -> str | None:
    """The label where nothing has it yet."""
    return None if label in axes.get_legend_handles_labels()[1] else label


def _curves(axes: Any, groups: Grouped, dataset: str, level: str) -> None:
    """The loss on dev over the epochs at the window of the paper's figure."""
    for code in ("saf", "random"):
        for row in _rows(groups, dataset, level, code, "published", CURVE_STEPS):
            losses = row.learning_curve["dev_loss"]
            epochs = range(1, len(losses) + 1)
            axes.plot(epochs, losses, color=COLOURS[code], alpha=0.8, label=_once(axes, code))
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss on dev")
    axes.set_title(f"{dataset}, {level} level, T = {CURVE_STEPS}")
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize="x-small")
