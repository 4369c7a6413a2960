"""Robustness figures as flat tables, and the files JSON, CSV and Markdown they are written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...files import write_json, write_text
from ...formatting import csv_text, percent
from ...formatting import markdown_table as written_table
from ..records import Record

COLUMNS = (
    "dataset",
    "victim",
    "encoder",
    "steps",
    "attack",
    "control",
    "n",
    "clean",
    "accuracy_under_attack",
    "claimed_success",
    "verified_success",
    "words_changed",
    "queries",
    "low",
    "high",
    "largest_class_share",
)
"""Of the flat table. Rates are fractions; ``low`` and ``high`` are the 95 % Wilson interval of
``accuracy_under_attack``, which is after claimed successes. ``largest_class_share`` is what always
answering one class would get right."""
_FROM = {
    "clean": "clean_accuracy",
    "claimed_success": "success_rate",
    "verified_success": "verified_rate",
    "low": "accuracy_under_attack_low",
    "high": "accuracy_under_attack_high",
}
COMPARISON_COLUMNS = (
    "attack",
    "victim_a",
    "victim_b",
    "outcome",
    "n",
    "accuracy_a",
    "accuracy_b",
    "difference",
    "low",
    "high",
    "only_a",
    "only_b",
    "p",
    "p_corrected",
)
TRANSFER_COLUMNS = ("attack", "source", "target", "n", "successes", "rate", "low", "high")
_PERCENT = {"clean", "accuracy_under_attack", "claimed_success", "verified_success", "low", "high"}
_PERCENT |= {"words_changed", "accuracy_a", "accuracy_b", "difference", "rate"}
_PERCENT |= {"largest_class_share"}


def queries_curve(records: Sequence[Record], verified: bool = False) -> list[tuple[int, float]]:
    """Accuracy under attack if the search ended after so many queries, as steps.

    Args:
        records: of one attack on one victim.
        verified: count only the successes that hold on fresh noise.

    Returns:
        Pairs (queries, accuracy from there on), the first (0, clean accuracy); empty where every
        text ended in an error. The last accuracy is that of the whole search.
    """
    scored = sum(r.status != "error" for r in records)
    if not scored:
        return []
    right = sum(r.status in ("success", "failed") for r in records)
    ends = sorted(r.queries for r in records if (r.verified if verified else r.status == "success"))
    curve = [(0, right / scored)]
    for queries in ends:
        right -= 1
        if curve[-1][0] == queries:
            curve.pop()
        curve.append((queries, right / scored))
    return curve


def histogram(shares: Sequence[float], bins: int = 10) -> list[int]:
    """How many shares lie in each of ``bins`` equal parts of [0, 1]; 1 is in the last."""
    counts = [0] * bins
    for share in shares:
        counts[min(int(share * bins), bins - 1)] += 1
    return counts


def table_rows(rows: Sequence[Mapping[str, Any]], dataset: str) -> list[dict[str, Any]]:
    """Rows of results (`score` with victim, attack, steps, encoder, control) as `COLUMNS`."""
    return [
        {name: dataset if name == "dataset" else row.get(_FROM.get(name, name)) for name in COLUMNS}
        for row in rows
    ]


def markdown_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """A table in Markdown: fractions in percent with one decimal, a dash for None."""
    head = [_heading(name) for name in columns]
    cells = [[_cell(name, row.get(name)) for name in columns] for row in rows]
    right = [i for i, name in enumerate(columns) if name not in _TEXT]
    return written_table(head, cells, right) + "\n"


_TEXT = {"dataset", "victim", "encoder", "attack", "control", "victim_a", "victim_b", "outcome"}
_TEXT |= {"source", "target"}


def _heading(name: str) -> str:
    return name.replace("_", " ") + (", %" if name in _PERCENT else "")


def _cell(name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if name in _PERCENT:
        return percent(value)
    if name in ("p", "p_corrected"):
        return f"{value:.2g}"
    if isinstance(value, float):
        return f"{value:.1f}"
    return str(value)


def markdown(figures: Mapping[str, Any], dataset: str) -> str:
    """All figures of the stage ``attack`` as a Markdown page; see `write_robustness`."""
    rows = list(figures["rows"])
    parts = ["# Robustness\n", _settings(figures, len(rows))]
    if figures.get("conclusions"):
        lines = "".join(f"- {sentence}\n" for sentence in figures["conclusions"])
        parts.append(f"## What may be concluded, and what not\n\n{lines}")
    parts.append(
        "## Figures\n\nAccuracy under attack is after the successes that the search claims, with "
        "its 95 % Wilson interval; verified successes hold in a vote of fresh noise draws.\n\n"
        + markdown_table(table_rows(rows, dataset), COLUMNS)
    )
    parts += _attack_notes(figures)
    if figures.get("comparisons"):
        parts.append(
            "## Paired tests\n\nExact McNemar tests on the same texts, p corrected by Holm; "
            "difference a - b of the accuracy under attack, with a 95 % bootstrap interval.\n\n"
            + markdown_table(figures["comparisons"], COMPARISON_COLUMNS)
        )
    if figures.get("transfer"):
        parts.append(
            "## Transfer\n\nVerified adversarial texts of the source that fool the target, of "
            "those whose original the target classifies rightly.\n\n"
            + markdown_table(figures["transfer"], TRANSFER_COLUMNS)
        )
    return "\n".join(parts)


def _settings(figures: Mapping[str, Any], rows: int) -> str:
    names = {
        "examples": "texts",
        "query_budget": "queries a text",
        "seed": "seed",
        "verify_draws": "draws of a verification",
    }
    parts = [f"{text}: {figures[name]}" for name, text in names.items() if figures.get(name)]
    return f"{', '.join([*parts, f'rows: {rows}'])}.\n"


def _attack_notes(figures: Mapping[str, Any]) -> list[str]:
    """What each attack lacks of its paper, and the attacks that were left out."""
    paragraphs = []
    dropped = {name: parts for name, parts in (figures.get("dropped") or {}).items() if parts}
    for title, notes in (
        ("Not as in the paper:", {name: "; ".join(parts) for name, parts in dropped.items()}),
        ("Left out:", figures.get("left_out") or {}),
    ):
        if notes:
            lines = "".join(f"- {name}: {what}\n" for name, what in notes.items())
            paragraphs.append(f"{title}\n\n{lines}")
    return paragraphs


def write_robustness(folder: Path | str, figures: Mapping[str, Any], dataset: str) -> list[Path]:
    """Write robustness.json, .csv and .md into ``folder``.

    Args:
        folder: RUN/attack.
        figures: the stage ``attack`` of results.json: ``rows``, and where there are any
            ``comparisons``, ``transfer``, ``conclusions``, ``dropped``, ``left_out``, ``examples``,
            ``query_budget``, ``seed``, ``verify_draws``.
        dataset: name of the data set.

    Returns:
        The three paths. The JSON has the figures and ``table``, the CSV's rows (`COLUMNS`).

    Raises:
        SnnConvertError: a file cannot be written.
    """
    paths = [Path(folder) / f"robustness.{kind}" for kind in ("json", "csv", "md")]
    table = table_rows(figures["rows"], dataset)
    write_json(paths[0], {"dataset": dataset, **figures, "table": table})
    write_text(paths[1], csv_text(table, COLUMNS))
    write_text(paths[2], markdown(figures, dataset))
    return paths
