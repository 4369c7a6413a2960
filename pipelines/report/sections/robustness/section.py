"""What the template of the robustness section shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .....attacks.presets.noise import NOISE
from .....attacks.statistics.conclusions import conclusions
from .....attacks.statistics.tables import COLUMNS, COMPARISON_COLUMNS, TRANSFER_COLUMNS, table_rows
from ...drawing.files import Figure, csv_link, figure
from ...format import NBSP
from ...reading.robustness import AttackRow, Attacks, Comparison
from ...reading.run import RunFigures
from .bars import robustness_bars
from .examples import chosen_examples
from .queries import line_key, line_styles, panels
from .transfer import matrices

MOST_OPEN = 30
"""Rows up to which a table of paired tests is shown without a click."""


def robustness_context(run: RunFigures, classes: Sequence[str]) -> dict[str, Any] | None:
    """Figures, tables and files of the section; None where nothing was attacked.

    Returns:
        ``rows``: models under true attacks; ``controls``: everything else. Where there is no row
        of the first kind all are shown as if they were.
    """
    attacks = run.attacks
    if attacks is None:
        return None
    main = [row for row in attacks.rows if row.main]
    rest = [row for row in attacks.rows if not row.main]
    main, rest = (_by_attack(main), _by_attack(rest)) if main else (_by_attack(rest), [])
    with_texts = [row for row in main if any(r.status != "error" for r in row.records)]
    styles = line_styles(with_texts)
    sentences = attacks.conclusions or _conclusions(attacks)
    return {
        "rows": main,
        "controls": rest,
        "noise": NOISE.name,
        "conclusions": [text.replace(" %", f"{NBSP}%") for text in sentences],
        "bars": _bars(main, run.data.name if run.data else ""),
        "failed": any(row.figures["errors"] for row in attacks.rows),
        "claims": any(row.figures["unverified_share"] for row in attacks.rows),
        "held": _all_held(attacks.rows),
        "spelled": any(row.figures["similarity"] is not None for row in main),
        "dropped": {name: parts for name, parts in attacks.dropped.items() if parts},
        "comparisons": attacks.comparisons,
        "folded": len(attacks.comparisons) > MOST_OPEN,
        "panels": panels(with_texts),
        "lines": {victim: line_key(style) for victim, style in styles.items()},
        "transfer": matrices(attacks.transfer),
        "examples": chosen_examples(main, classes),
        "files": _files(attacks, run.data.name if run.data else ""),
    }


def _bars(rows: Sequence[AttackRow], dataset: str) -> Figure | None:
    values = table_rows([_row(row) for row in rows], dataset)
    title = "accuracy under attack"
    return figure("accuracy-under-attack", title, robustness_bars(rows), values) if rows else None


def _row(row: AttackRow) -> dict[str, Any]:
    return {
        "victim": row.victim,
        "attack": row.attack,
        "encoder": row.encoder,
        "steps": row.steps,
        "control": row.control,
        **row.figures,
    }


def _by_attack(rows: Sequence[AttackRow]) -> list[AttackRow]:
    order = list(dict.fromkeys(row.attack for row in rows))
    return sorted(rows, key=lambda row: order.index(row.attack))


def _all_held(rows: Sequence[AttackRow]) -> bool:
    """Whether there were claimed successes, and all of them hold."""
    claimed = [row.figures for row in rows if row.figures["successes"]]
    return bool(claimed) and all(f["successes"] == f["verified"] for f in claimed)


def _conclusions(attacks: Attacks) -> list[str]:
    """For runs that were attacked before conclusions were written."""
    rows = [
        {"victim": r.victim, "attack": r.attack, "base": r.base, "control": r.control, **r.figures}
        for r in attacks.rows
    ]
    tests = [_flat(comparison) for comparison in attacks.comparisons]
    return conclusions(rows, tests, [asdict(cell) for cell in attacks.transfer])


def _flat(comparison: Comparison) -> dict[str, Any]:
    found = asdict(comparison)
    return found | found.pop("figures")


def _files(attacks: Attacks, dataset: str) -> dict[str, str]:
    """Links that hold a table as CSV, by name."""
    rows = [_row(row) for row in attacks.rows]
    tests = [_flat(comparison) for comparison in attacks.comparisons]
    cells = [asdict(cell) for cell in attacks.transfer]
    return {
        "rows": csv_link(table_rows(rows, dataset), COLUMNS),
        "comparisons": csv_link(tests, COMPARISON_COLUMNS),
        "transfer": csv_link(cells, TRANSFER_COLUMNS),
    }
