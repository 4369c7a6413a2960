"""The JSON of results: machine, versions, settings, rows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ..versions import versions


def document(rows: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What every file of results holds, JSON-able.

    Args:
        rows: flat records
        settings: what they were made with
    """
    return {
        "machine": f"{os.uname().sysname} {os.uname().machine}, {os.cpu_count()} cores",
        "versions": versions(),
        "settings": dict(settings),
        "rows": list(rows),
    }
