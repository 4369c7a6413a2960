"""What an attack costs: accuracy against queries, and the share of words changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from .....attacks.statistics.scores import quantile, words_changed_shares
from .....attacks.statistics.tables import queries_curve
from ....display.names import attack as attack_name
from ....display.names import victim as victim_name
from ...drawing.files import figure
from ...drawing.frames import Axis, columns
from ...drawing.frames import rows as drawn_rows
from ...drawing.svg import Canvas, fitting, shortened, text_width
from ...format import NBSP, percent
from .read import AttackResult


def panels(rows: Sequence[AttackResult]) -> list[dict[str, Any]]:
    """For each attack its name, ``queries`` and ``words``, two figures."""
    styles = line_styles(rows)
    most = max((r.queries for row in rows for r in row.records), default=1)
    found = []
    attacks = len({row.attack for row in rows})
    for attack in dict.fromkeys(row.attack for row in rows):
        own = [row for row in rows if row.attack == attack]
        name = attack_name(attack)
        steps = [
            {"victim": row.victim, "attack": attack, "queries": queries, "accuracy": share}
            for row in own
            for queries, share in queries_curve(row.records, verified=True)
        ]
        changed = [
            {"victim": row.victim, "attack": attack, "share_of_words_changed": share}
            for row in own
            for share in words_changed_shares(row.records)
        ]
        curve = curve_panel(own, styles, max(most, 10), attacks)
        queries = figure(f"queries-{name}", f"accuracy against queries, {name}", curve, steps)
        words = figure(
            f"words-{name}", f"words changed, {name}", words_panel(own, attacks), changed
        )
        found.append({"attack": name, "queries": queries, "words": words})
    return found


def line_styles(rows: Sequence[AttackResult]) -> dict[str, str]:
    """Class of every victim's line: the colour of its model, and a pattern among those alike."""
    alike: dict[str, int] = {}
    styles: dict[str, str] = {}
    for row in rows:
        if row.victim not in styles:
            number = alike.get(row.style, 0)
            alike[row.style] = number + 1
            styles[row.victim] = f"{row.style} {row.looks.pattern(row.victim, number)}"
    return styles


def line_key(style: str) -> Markup:
    """A short piece of a line, for a legend."""
    canvas = Canvas(34, 10, "", "swatch")
    canvas.line(1, 5, 33, 5, f"curve {style}")
    return canvas.markup(hidden=True)


def curve_panel(
    rows: Sequence[AttackResult], styles: dict[str, str], most: int, attacks: int = 3
) -> Markup:
    """Accuracy of every victim if one attack were stopped after so many queries, as steps.

    Args:
        rows: of one attack.
        styles: see `line_styles`.
        most: queries at the right end of the axis, which is logarithmic and begins at 1.
        attacks: how many panels stand side by side.
    """
    curves = {row.victim: queries_curve(row.records, verified=True) for row in rows}
    said = "; ".join(
        f"{victim_name(victim)} from {percent(curve[0][1])} to {percent(curve[-1][1])}"
        for victim, curve in curves.items()
        if curve
    )
    label = f"Accuracy against queries under {attack_name(rows[0].attack)}: {said or 'no texts'}"

    def draw(width: float, shape: str) -> Canvas:
        canvas = Canvas(width, 224.0, label, shape)
        x, y = _axes(canvas, most)
        for victim, curve in curves.items():
            if curve:
                title = f"{victim_name(victim)}: {percent(curve[0][1])} to {percent(curve[-1][1])}"
                canvas.path(_steps(curve, x, y), f"curve thin {styles[victim]}", title)
        return canvas

    return fitting(attacks, draw)


def _axes(canvas: Canvas, most: int) -> tuple[Axis, Axis]:
    """Draw the axes; places by the logarithm of queries, and by accuracy."""
    left, right, top, bottom = 34.0, canvas.width - 8, 22.0, canvas.height - 40
    x, y = Axis(0.0, math.log(most), left, right), Axis(0.0, 1.0, bottom, top)
    canvas.text(0, 10, "accuracy, %", "muted")
    shares = [(y(share), f"{100 * share:.0f}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    drawn_rows(canvas, shares, (left, right), 6)
    powers = range(int(math.log10(most) + 1e-9) + 1)
    values = [(x(math.log(10**power)), f"{10**power:,}") for power in powers]
    middle = (left + right) / 2
    columns(canvas, values, (top, bottom), bottom + 16, "queries a text", middle)
    return x, y


def _steps(curve: Sequence[tuple[int, float]], x: Axis, y: Axis) -> list[tuple[float, float]]:
    """The corners of a curve that falls with each success, to the right end of the axis."""
    steps = [(x(0.0), y(curve[0][1]))]
    for queries, share in curve[1:]:
        place = x(math.log(max(queries, 1)))
        steps += [(place, steps[-1][1]), (place, y(share))]
    return [*steps, (x.end, steps[-1][1])]


def words_panel(rows: Sequence[AttackResult], attacks: int = 3) -> Markup:
    """Share of words changed, over the successes of one attack: a box plot for every victim."""
    shares = {row.victim: sorted(words_changed_shares(row.records)) for row in rows}
    ends = {victim: [quantile(own, q) or 0.0 for q in (0, 0.25, 0.5, 0.75, 1)]
            for victim, own in shares.items() if own}  # fmt: skip
    said = "; ".join(f"{victim_name(v)} median {percent(five[2])}" for v, five in ends.items())
    line, top = 36.0, 4.0
    label = f"Share of words changed under {attack_name(rows[0].attack)}: {said or 'no success'}"

    def draw(width: float, shape: str) -> Canvas:
        canvas = Canvas(width, top + line * len(rows) + 40, label, shape)
        x = Axis(0.0, 1.0, 8.0, width - 12)
        places = [(x(share), f"{100 * share:.0f}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
        foot, middle = canvas.height - 22, (x.start + x.end) / 2
        columns(canvas, places, (top, canvas.height - 38), foot, "words changed, %", middle)
        for i, row in enumerate(rows):
            _line(canvas, row, top + line * i, x, ends.get(row.victim), len(shares[row.victim]))
        return canvas

    return fitting(attacks, draw)


def _line(
    canvas: Canvas, row: AttackResult, y: float, x: Axis, five: Sequence[float] | None, n: int
) -> None:
    """One victim: its name, its median, and its box; ``five`` of ``n`` successes."""
    note = f"{percent(five[2])}, n{NBSP}={NBSP}{n}" if five else "no success"
    canvas.text(x.end, y + 12, note, "value small halo", "end")
    room = x.end - x.start - text_width(note, 11.5) - 8
    name = shortened(victim_name(row.victim), room)
    canvas.text(x.start, y + 12, name, "halo")
    if five:
        _box(canvas, [x(share) for share in five], y + 18, row)


def _box(canvas: Canvas, places: Sequence[float], y: float, row: AttackResult) -> None:
    """Least, quartiles and most as whiskers, box and line."""
    least, low, middle, high, most = places
    canvas.line(least, y + 6, most, y + 6, "whisker")
    for end in (least, most):
        canvas.line(end, y + 3, end, y + 9, "whisker")
    canvas.rect(low, y, max(high - low, 1.5), 12, "fill paper")
    title = f"{victim_name(row.victim)}: least, quartiles and most of the share of words changed"
    canvas.rect(low, y, max(high - low, 1.5), 12, f"fill {row.style}", title, opacity=0.5)
    canvas.line(middle, y - 1, middle, y + 13, "whisker")
