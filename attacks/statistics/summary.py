"""What follows from the rows, tests and transfers of a campaign, whenever one comes or goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..presets.catalogue import is_search
from .compare import correct
from .conclusions import conclusions
from .defence import held_out

Row = dict[str, Any]


def summary(rows: Sequence[Row], tests: Sequence[Row], transfer: Sequence[Row]) -> Row:
    """Corrected tests, attacks that were held out, and conclusions.

    Args:
        rows: figures of `score` by victim and attack
        tests: of `compare`, corrected before or not
        transfer: cells of `transfer`

    Returns:
        ``held_out`` (the attacks that no victim was trained on), and the lists ``rows``,
        ``comparisons``, ``transfer`` and ``conclusions``.
    """
    searches = [row["attack"] for row in rows if is_search(row["attack"])]
    comparisons = correct(tests)
    return {
        "held_out": held_out(searches, rows),
        "rows": list(rows),
        "comparisons": comparisons,
        "transfer": list(transfer),
        "conclusions": conclusions(rows, comparisons, transfer=transfer),
    }
