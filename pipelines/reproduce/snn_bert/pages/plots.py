"""Score against joules a text, and ratios beside the published ones, out of the JSON file."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

from ....display.plots import MARKERS, OTHER, PALETTE, new_figure
from ..plan import MODELS
from .tables import Groups, Record, grouped, priced_mean

LOOKS = {
    name: {"color": PALETTE[i % len(PALETTE)], "marker": MARKERS[i % len(MARKERS)]}
    for i, name in enumerate(MODELS)
}


def figure(content: Record) -> Any:
    """A line of two panels for each data set.

    Args:
        content: of the JSON file
    """
    groups = grouped(content["rows"])
    datasets = list(dict.fromkeys(dataset for dataset, _ in groups))
    drawn = new_figure(12, 4.2 * len(datasets))
    panels = drawn.subplots(len(datasets), 2, squeeze=False)
    for dataset, (scores, ratios) in zip(datasets, panels, strict=True):
        _scores(scores, groups, dataset, content["settings"]["table"])
        own = [c for c in content["claims"] if c["dataset"] == dataset and c["unit"] == "times"]
        _ratios(ratios, own)
    return drawn


def _scores(axes: Any, groups: Groups, dataset: str, priced: str) -> None:
    """Each network: all that is counted, filled; synapses alone, hollow."""
    for (of, model), rows in groups.items():
        if of != dataset:
            continue
        values = [100 * row["score"] for row in rows]
        error = stdev(values) if len(values) > 1 else None
        for part, face in (("everything", None), ("synapses", "none")):
            x = priced_mean(rows, part, priced)
            if x is not None:
                label = model if face is None else None
                own = {**LOOKS[model], "label": label, "linestyle": "", "markersize": 7}
                own |= {} if face is None else {"markerfacecolor": face}
                axes.errorbar([1e6 * x], [mean(values)], yerr=error, capsize=2, **own)
    _logarithmic(axes)
    axes.set_xlabel(f"microjoules a text ({priced}); hollow: synapses alone", fontsize="small")
    axes.set_ylabel("score on test, %", fontsize="small")
    axes.set_title(dataset, fontsize="medium")
    axes.legend(fontsize=6)


def _ratios(axes: Any, claims: Sequence[Record]) -> None:
    """Everything that is counted, filled, and synapses alone, hollow; published ones as lines."""
    for place, claim in enumerate(reversed(claims)):
        for part, face in (("everything", PALETTE[0]), ("synapses", "none")):
            found = claim[part]
            if found is not None:
                error = [[found["value"] - found["low"]], [found["high"] - found["value"]]]
                look = {"color": PALETTE[0], "markerfacecolor": face, "marker": "o", "capsize": 2}
                error = [[max(side[0], 0.0)] for side in error]
                axes.errorbar([found["value"]], [place], xerr=error, linestyle="", **look)
        axes.vlines(claim["published"], place - 0.35, place + 0.35, color=OTHER, linewidth=2)
    names = [claim["claim"] for claim in reversed(claims)]
    axes.set_yticks(range(len(names)), names, fontsize=7)
    _logarithmic(axes)
    axes.set_xlabel("how many times less; lines: published", fontsize="small")


def _logarithmic(axes: Any) -> None:
    """Ticks at 1, 2 and 5 of each power of ten, as plain numbers."""
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.xaxis.set_minor_formatter(NullFormatter())
