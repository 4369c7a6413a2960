"""The bars of a robustness report: accuracy before and under every attack."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ....display.names import attack as attack_name
from ....display.names import victim as victim_name
from ...drawing.frames import Axis
from ...drawing.svg import Canvas, both_widths, shortened, text_width
from ...format import NBSP, percent
from .read import AttackResult


def robustness_bars(rows: Sequence[AttackResult]) -> Markup:
    """Accuracy before and under every attack, with the 95 % interval of the latter.

    Where successes were claimed that do not hold, the bar under attack has a paler end: up to
    the accuracy after those that do.
    """
    return both_widths(lambda width, shape: _robustness(rows, width, shape))


def _robustness(rows: Sequence[AttackResult], width: float, shape: str) -> Canvas:
    attacks = list(dict.fromkeys(row.attack for row in rows))
    narrow, claims = shape == "narrow", any(_unheld(row) for row in rows)
    top, head, line = (48.0 if narrow and claims else 30.0), 34.0, (42.0 if narrow else 26.0)
    said = ", ".join(
        f"{_victim(r)} under {attack_name(r.attack)} {percent(_under(r))}" for r in rows
    )
    height = top + head * len(attacks) + line * len(rows) + 46
    canvas = Canvas(width, height, f"Accuracy under attack: {said}", shape)
    gutter = min(max(84.0, *(text_width(_victim(row)) + 14 for row in rows)), 0.25 * width)
    x = Axis(0.0, 1.0, *((2.0, width - 12) if narrow else (gutter, width - 124)))
    _legend(canvas, claims, narrow)
    _axis(canvas, x, top, 25 if narrow else 10)
    y = top
    for attack in attacks:
        canvas.text(0, y + 22, shortened(attack_name(attack), width), "strong halo")
        y += head
        for row in (r for r in rows if r.attack == attack):
            _names(canvas, row, y, x, narrow)
            _bar(canvas, row, y + (16 if narrow else 0), x)
            y += line
    return canvas


def _axis(canvas: Canvas, x: Axis, top: float, step: int) -> None:
    """Lines down every ``step`` percent, and what they mean."""
    for tick in range(0, 101, step):
        canvas.line(x(tick / 100), top, x(tick / 100), canvas.height - 42, "grid")
        canvas.text(x(tick / 100), canvas.height - 26, f"{tick}", "muted", "middle")
    middle = (x.start + x.end) / 2
    canvas.text(middle, canvas.height - 6, "accuracy, %", "muted", "middle")


def _victim(row: AttackResult) -> str:
    return victim_name(row.victim)


def _under(row: AttackResult) -> float | None:
    return row.scores.accuracy_under_attack


def _unheld(row: AttackResult) -> bool:
    """Whether successes were claimed that do not hold."""
    return bool(row.scores.unverified_share)


def _legend(canvas: Canvas, claims: bool, narrow: bool) -> None:
    canvas.rect(0, 6, 16, 10, "fill ink", opacity=0.22)
    canvas.text(22, 15, "before")
    canvas.rect(76, 6, 16, 10, "fill ink")
    canvas.text(98, 15, "under attack")
    canvas.line(184, 11, 206, 11, "whisker")
    canvas.text(212, 15, f"95{NBSP}% interval")
    if claims:
        x, y = (0.0, 18.0) if narrow else (312.0, 0.0)
        canvas.rect(x, y + 6, 16, 10, "fill ink", opacity=0.55)
        canvas.text(x + 22, y + 15, "claimed to fall, but holds on fresh noise")


def _names(canvas: Canvas, row: AttackResult, y: float, x: Axis, narrow: bool) -> None:
    """The victim and its accuracies: beside the bar, or above it where there is no room."""
    clean, under = row.scores.clean_accuracy, _under(row)
    values = "every text ended in an error"
    if clean is not None and under is not None:
        values = f"{100 * clean:.1f} → {percent(under)}"
    if narrow:
        room = x(1) - x(0) - text_width(values) - 6
        canvas.text(x(0), y + 14, shortened(_victim(row), room), "halo")
        canvas.text(x(1), y + 14, values, "value halo", "end")
    else:
        canvas.text(x(0) - 8, y + 15, shortened(_victim(row), x(0) - 8), "", "end")
        start = x(max(clean, row.scores.accuracy_under_attack_high or 0)) if clean else x(0)
        canvas.text(start + 8, y + 15, values, "value halo")


def _bar(canvas: Canvas, row: AttackResult, y: float, x: Axis) -> None:
    clean, under = row.scores.clean_accuracy, _under(row)
    if clean is None or under is None:
        return
    held = row.scores.verified_accuracy
    low = row.scores.accuracy_under_attack_low
    high = row.scores.accuracy_under_attack_high
    title = f"{_victim(row)}, {attack_name(row.attack)}: {percent(clean)} before, "
    title += f"{percent(under)} under attack"
    canvas.rect(x(0), y + 2, x(clean) - x(0), 17, f"fill {row.style}", title, opacity=0.22)
    if held is not None and _unheld(row):
        title += f", {percent(held)} after the successes that hold"
        canvas.rect(x(0), y + 2, x(held) - x(0), 17, f"fill {row.style}", title, opacity=0.45)
    canvas.rect(x(0), y + 2, x(under) - x(0), 17, f"fill {row.style}", title)
    if low is not None and high is not None:
        for style in ("whisker back", "whisker"):
            canvas.line(x(low), y + 10.5, x(high), y + 10.5, style)
            for end in (low, high):
                canvas.line(x(end), y + 6, x(end), y + 15, style)
