"""How a report writes numbers: with blanks that no line is broken at, and true minus signs."""

from __future__ import annotations

from ... import formatting

NONE = "–"  # a figure that is not defined, or was not measured
NBSP = "\u00a0"


def percent(fraction: float | None, digits: int = 1) -> str:
    """0.8807 as ``88.1 %``."""
    return NONE if fraction is None else f"{formatting.percent(fraction, digits)}{NBSP}%"


def bare(fraction: float | None) -> str:
    """0.8807 as ``88.1``, in a column whose head has the sign."""
    return formatting.percent(fraction, none=NONE)


def span(low: float | None, high: float | None) -> str:
    """An interval of fractions as ``87.1 to 90.5 %``."""
    if low is None or high is None:
        return NONE
    return f"{100 * low:.1f} to {100 * high:.1f}{NBSP}%"


def reach(low: float | None, high: float | None) -> str:
    """An interval of fractions in percent, as short as can be: ``87.1–90.5``."""
    return NONE if low is None or high is None else f"{100 * low:.1f}–{100 * high:.1f}"


def gap(low: float | None, high: float | None) -> str:
    """An interval of differences of fractions as ``−31.7 to +2.0``, in points."""
    if low is None or high is None:
        return NONE
    return f"{signed(100 * low, 1)} to {signed(100 * high, 1)}"


def count(value: float | None) -> str:
    """4882490.9 as ``4,882,491``; below 100 with one decimal unless it is whole."""
    return formatting.count(value, NONE)


def number(value: float | None, digits: int = 2) -> str:
    """A plain number."""
    return NONE if value is None else f"{value:.{digits}f}"


def signed(value: float | None, digits: int = 2) -> str:
    """-0.12 as ``−0.12`` and 0.12 as ``+0.12``, with a true minus sign."""
    if value is None:
        return NONE
    text = f"{value:+.{digits}f}"
    return text[1:] if not float(text) else text.replace("-", "−")


def scientific(value: float | None) -> str:
    """2.8e-7 as ``2.8 × 10⁻⁷``."""
    if value is None:
        return NONE
    if value == 0:
        return "0"
    digits, exponent = f"{value:.1e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits}{NBSP}×{NBSP}10{raised}"


def duration(seconds: float | None) -> str:
    """142.7 as ``2 min 23 s``."""
    if seconds is None:
        return NONE
    if seconds < 60:
        return f"{seconds:.1f}{NBSP}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours}{NBSP}h"] if hours else []
    return " ".join([*parts, f"{minutes}{NBSP}min", f"{rest}{NBSP}s"])


def milliseconds(seconds: float | None) -> str:
    """0.00213 as ``2.13 ms``: three digits."""
    if seconds is None:
        return NONE
    value = float(f"{1000 * seconds:.3g}")
    return f"{value:,.0f}{NBSP}ms" if value >= 100 else f"{value:g}{NBSP}ms"


def joules(value: float | None) -> str:
    """2.73e-05 as ``27.3 µJ``: three digits and a fitting unit."""
    return formatting.joules(value, "µ", NONE).replace(" ", NBSP)


def ratio(value: float | None) -> str:
    """0.2009 as ``0.201 ×``: three digits, how many times as much; tiny ones as powers of ten."""
    if value is None:
        return NONE
    if 0 < abs(value) < 1e-4:
        return f"{scientific(value)}{NBSP}×"
    return f"{float(f'{value:.3g}'):g}{NBSP}×"


def points_from(first: float | None, second: float | None) -> str:
    """``first - second``, two fractions, as ``+0.8 points``: of the figures as they are shown."""
    if first is None or second is None:
        return NONE
    return points(formatting.points_between(first, second) / 100)


def points(difference: float) -> str:
    """A difference of fractions as ``+0.8 points``, with a true minus sign."""
    value = round(100 * difference, 1)
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return f"{sign}{abs(value):.1f}{NBSP}point{'' if abs(value) == 1 else 's'}"


def p_value(p: float | None) -> str:
    """A probability with two digits, and ``< 0.001`` below that."""
    if p is None:
        return NONE
    return f"<{NBSP}0.001" if p < 0.001 else f"{p:.2g}"


def plain(value: object) -> str:
    """A setting as the command line would take it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
