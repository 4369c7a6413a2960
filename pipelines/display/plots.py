"""Plots of matplotlib: colours, markers, figures and their files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...files import replace_file
from ...models.encoders import CODES

PALETTE = (
    *("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3"),
    *("#937860", "#da8bc3", "#8c8c8c", "#ccb974", "#64b5cd"),
)
"""Colours that are told apart, the first ones best (seaborn's "deep")."""
OTHER = "#777777"
"""Of what has no colour of its own."""
MARKERS = "osD^v<>PX*hpd8"
LINES = ("-", (0, (5, 2)), (0, (1, 2)), "-.", (0, (8, 3)), (0, (3, 1, 1, 1, 1, 1)))
"""Patterns of lines that are told apart: drawn through, then broken ones."""
MODELS = ("snn", "finetuned")
_FILES: dict[str, dict[str, Any]] = {
    ".png": {"format": "png", "dpi": 130},
    # the same bytes for the same figure
    ".svg": {"format": "svg", "metadata": {"Date": None}},
}


def colours(names: Iterable[str], known: Iterable[str] = ()) -> dict[str, str]:
    """A colour for each name; those of ``known`` have the same in every plot."""
    order = list(dict.fromkeys((*known, *names)))
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(order)}


def code_colours(codes: Iterable[str]) -> dict[str, str]:
    """A colour for each input code: its own, or the next that no code has."""
    found: dict[str, str] = {}
    free = [colour for colour in PALETTE if colour not in {c.colour for c in CODES.values()}]
    for code in dict.fromkeys(codes):
        own = CODES[code].colour if code in CODES else None
        found[code] = own or free[len(found) % len(free)]
    return found


def new_figure(width: float, height: float) -> Any:
    """A figure of so many inches that needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save_figure(path: Path, figure: Any, **options: Any) -> None:
    """Write a figure whole or not at all, in the format of the path's ending (PNG or SVG).

    Raises:
        SnnConvertError: the file cannot be written.
    """
    import matplotlib as mpl

    options = _FILES[path.suffix] | options
    with mpl.rc_context({"svg.hashsalt": "snnconvert", "svg.fonttype": "none"}):
        replace_file(path, lambda temporary: figure.savefig(temporary, **options))
