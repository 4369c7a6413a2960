"""Reading results.json of a run: the figures of its stages, or how the run is made again."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files import SMALL, read_json
from .again import again
from .stages import check_names, kind_of

_LOOKED_AT: dict[Path, dict[str, Any]] = {}
"""What was read last of each file, and found to be right: it is read often."""


def read_results(path: Path, command: Callable[[], str]) -> dict[str, Any]:
    """All figures so far, by stage; empty where there is no file yet.

    Args:
        path: of results.json
        command: gives the command that makes the first stages of the run

    Raises:
        InputError: the file is cut off, or holds something else; the message says how to go on.
    """
    if not path.exists():
        return {}
    try:
        results = read_json(path, "the results of a run", 4 * SMALL)
    except InputError as error:
        raise InputError(f"{error}; {_remedy(command)}") from None
    stages = results.values() if isinstance(results, dict) else [None]
    if not all(isinstance(figures, dict) for figures in stages):
        raise InputError(
            f"expected {path} to hold the figures of a run by stage, but it holds something else; "
            f"{_remedy(command)}"
        )
    if _LOOKED_AT.get(path) != results:
        _check(results, path)
        _LOOKED_AT[path] = copy.deepcopy(results)
    return dict(results)


def _check(results: dict[str, Any], path: Path) -> None:
    """Refuse figures that are not of the kind that their stage has.

    Raises:
        InputError: names the place, and the command that makes the stage again.
    """
    from ...checked_json import Value  # as the records, no part of a command's start
    from ...typed_json import from_json
    from .records.stages import RECORDS

    check_names(results, str(path))
    for stage, figures in results.items():
        value = Value(figures, f"{path}: {stage}", again(stage, path.parent))
        for name in ("fingerprint", "made_from", "files"):
            if (found := value.get(name)) is not None:
                found.plain()
        if (stamp := value.get("fingerprint")) is not None:
            stamp.text()
        if kind_of(stage) in RECORDS:
            from_json(RECORDS[kind_of(stage)], value)


def _remedy(command: Callable[[], str]) -> str:
    return f"put it back, or remove that file and make the run again: {command()}"
