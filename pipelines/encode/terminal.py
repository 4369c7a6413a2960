"""What is sent of a text, for the terminal: a line a word, its spikes a step as a row of bars."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ...formatting import NONE, count, percent, printable
from ..display.aligned import table
from ..display.names import victim
from .encoded import Encoded, Sender
from .record import recorded

BARS = "\N{MIDDLE DOT}▁▂▃▄▅▆▇█"
PLAIN = ".123456789"  # where the screen has no other letters
MARKS = 24  # of a word at most; more steps share one


def encoded_text(sender: Sender, found: Encoded) -> str:
    """The text and its words as lines."""
    figures, spiking = recorded(sender, found), sender.encoder.spiking
    lines = [printable(" ".join(found.text.split())), "", _how(sender, figures)]
    if sender.encoder.stochastic:
        lines.append("the input is drawn at random: this is one draw, --seed gives others")
    if not found.words:
        return "\n".join([*lines, "no word is read: nothing is sent"])
    shares = (found.sent.spikes / found.sent.frames.shape[2]).tolist()  # L lists of T
    steps, marks = sender.model.steps, drawn(shares)
    what = "spikes" if spiking else "size of the input"
    header = ["word", f"{what}, steps 1-{steps}" if steps > 1 else what]
    header += ["in all", "rate %", "error", "error %", "frames"]
    rows = [
        [_named(word), mark, *_figures(word, spiking)]
        for word, mark in zip(figures["words"], marks, strict=True)
    ]
    return "\n".join([*lines, "", table(header, rows), "", *_sums(found, figures, spiking)])


def drawn(shares: Sequence[Sequence[float]], letters: str | None = None) -> list[str]:
    """Rows of shares as rows of bars: the largest of all is the highest bar, zero a dot.

    >>> drawn([[0.5, 0.0], [0.25, 0.125]], ".12345678")
    ['8.', '42']
    """
    letters = letters or (BARS if _shows(BARS) else PLAIN)
    per = max((-(-len(row) // MARKS) for row in shares), default=1)
    rows = [
        [sum(part) / len(part) for part in (row[i : i + per] for i in range(0, len(row), per))]
        for row in shares
    ]
    peak = max((share for row in rows for share in row), default=0.0) or 1.0
    top = len(letters) - 1
    return ["".join(letters[-int(-share / peak * top // 1)] for share in row) for row in rows]


def _shows(letters: str) -> bool:
    try:
        letters.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _how(sender: Sender, figures: Mapping[str, Any]) -> str:
    """Which model sends, and how."""
    gain = f", gain {figures['gain']:g}" if figures["gain"] != 1 else ""
    return (
        f"{victim(sender.name)}: code {figures['code']}, mapping {figures['mapping']}{gain}, "
        f"{figures['channels']} channels, T = {figures['steps']}"
    )


def _named(word: Mapping[str, Any]) -> str:
    return printable(word["word"]) + ("" if word["known"] else " (unknown)")


def _error(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _figures(word: Mapping[str, Any], spiking: bool) -> list[str]:
    return [
        count(sum(word["spikes"])) if spiking else NONE,
        percent(word["rate"]),
        _error(word["error"]),
        percent(word["relative_error"]),
        str(word["distinct_frames"]),
    ]


def _is_read(figures: Mapping[str, Any]) -> bool:
    """Whether the network reads what was sent, up to rounding, as far as that can be told."""
    return figures["error"] is None or abs(figures["read_error"] - figures["error"]) < 1e-4


def _sums(found: Encoded, figures: Mapping[str, Any], spiking: bool) -> list[str]:
    """The figures of the whole text."""
    lines = []
    if spiking:
        each = figures["spikes"] / len(found.words)
        lines.append(
            f"{figures['spikes']:,} spikes, {count(each)} a word; mean rate "
            f"{percent(figures['mean_rate'])} %"
        )
    what = "the model holds bits, no vectors to compare them with"
    if figures["error"] is not None:
        what = f"decoding error {_error(figures['error'])}, "
        what += f"{percent(figures['relative_error'])} % of the vectors' size"
    lines.append(f"{figures['distinct_frames']} distinct frames; {what}")
    if not _is_read(figures):
        lines.append(
            "the network counts spikes and reads less of them than they stand for: its error is "
            f"{figures['read_error']:.3f}"
        )
    if found.left_out:
        lines.append(f"the last {found.left_out} words are not read: the text is cut")
    return lines
