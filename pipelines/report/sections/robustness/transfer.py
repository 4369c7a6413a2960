"""The transfer matrix: which victims are fooled by texts that were made against others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from .....attacks.statistics.rows import TransferCell
from .....typed_json import to_json
from ....display.names import attack as attack_name
from ....display.names import victim as victim_name
from ...drawing.files import figure
from ...drawing.svg import Canvas, fitting
from ...format import NONE, percent, span

LEFT, TOP, FOOT = 52.0, 40.0, 4.0
TALL = 38.0  # of a cell, two lines of letters


def matrices(cells: Sequence[TransferCell]) -> dict[str, Any] | None:
    """``victims``, numbered from 1 in the figures, and for each attack its heat map and table.

    None where there are no cells.
    """
    if not cells:
        return None
    victims = list(dict.fromkeys(name for cell in cells for name in (cell.source, cell.target)))
    found = []
    attacks = len({cell.attack for cell in cells})
    for attack in dict.fromkeys(cell.attack for cell in cells):
        own = {(c.source, c.target): c for c in cells if c.attack == attack}
        there = [v for v in victims if any(v in pair for pair in own)]
        numbers = {victim: victims.index(victim) + 1 for victim in there}
        table = [
            {"victim": source, "cells": [own.get((source, target)) for target in there]}
            for source in there
        ]
        found.append(
            {
                "attack": attack_name(attack),
                "figure": figure(
                    f"transfer-{attack_name(attack)}",
                    f"transfer under {attack_name(attack)}",
                    heat_map(own, numbers, attack, attacks),
                    [to_json(cell) for cell in own.values()],
                ),
                "targets": there,
                "table": table,
            }
        )
    return {"victims": victims, "attacks": found}


def heat_map(
    cells: Mapping[tuple[str, str], TransferCell],
    numbers: Mapping[str, int],
    attack: str,
    maps: int = 3,
) -> Markup:
    """A box a pair, with the transfer rate in percent and of how many texts; darker, more fool.

    Args:
        cells: by source and target.
        numbers: of the victims in the legend, in order.
        attack: its name, for the label.
        maps: how many stand side by side.
    """
    label = f"Transfer under {attack_name(attack)}: rows made against, columns shown to"

    def draw(width: float, shape: str) -> Canvas:
        size = min((width - LEFT - 2) / len(numbers), 84.0)
        whole = max(LEFT + size * len(numbers) + 2, 150.0)
        height = TOP + TALL * len(numbers) + FOOT
        canvas = Canvas(whole, height, f"{label}; as a table below", shape)
        _cells(canvas, cells, numbers, size)
        return canvas

    return fitting(maps, draw)


def _cells(
    canvas: Canvas,
    cells: Mapping[tuple[str, str], TransferCell],
    numbers: Mapping[str, int],
    size: float,
) -> None:
    """Headings and boxes of ``size`` pixels' width."""
    canvas.text(LEFT, 12, "shown to", "muted")
    canvas.text(0, TOP - 8, "against", "muted")
    for i, (source, number) in enumerate(numbers.items()):
        y = TOP + TALL * i
        canvas.text(LEFT + size * (i + 0.5), TOP - 8, str(number), "strong", "middle")
        canvas.text(LEFT - 8, y + TALL / 2 + 4, str(number), "strong", "end")
        for j, target in enumerate(numbers):
            cell, x = cells.get((source, target)), LEFT + size * j
            canvas.rect(x, y, size - 1, TALL - 1, "cell")
            if cell is None:
                continue
            title = f"{victim_name(source)} to {victim_name(target)}: {said(cell)}"
            opacity = 0.02 + 0.53 * (cell.rate or 0.0)
            canvas.rect(x, y, size - 1, TALL - 1, "fill heat", title, opacity)
            shown = NONE if cell.rate is None else f"{100 * cell.rate:.0f}"
            middle = x + size / 2
            canvas.text(middle, y + 16, shown, "value small quiet", "middle")
            n = f"n = {cell.n}" if size >= 44 else f"{cell.n}"
            canvas.text(middle, y + 30, n, "tiny quiet", "middle")


def said(cell: TransferCell) -> str:
    """``37.5 % (18 of 48, 25.2 to 51.6 %)``."""
    if cell.rate is None:
        return "no texts"
    return f"{percent(cell.rate)} ({cell.successes} of {cell.n}, {span(cell.low, cell.high)})"
