"""Reading results.json of a run: the figures of its stages, or how the run is made again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files import read_json


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
        results = read_json(path, "the results of a run")
    except InputError as error:
        raise InputError(f"{error}; {_remedy(command)}") from None
    stages = results.values() if isinstance(results, dict) else [None]
    if not all(isinstance(figures, dict) for figures in stages):
        raise InputError(
            f"expected {path} to hold the figures of a run by stage, but it holds something else; "
            f"{_remedy(command)}"
        )
    return dict(results)


def _remedy(command: Callable[[], str]) -> str:
    return f"put it back, or remove that file and make the run again: {command()}"
