"""Folders that hold the runs of several seeds: OUT/seed-0 and so on, beside their summary."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files import read_json
from .own_files import check_own

SUMMARY = "summary.json"
_MOST = 10_000  # runs of one summary


def seed_folder(out: Path | str, seed: int) -> Path:
    """The run folder of one seed."""
    return Path(out) / f"seed-{seed}"


def is_seeds(path: Path | str) -> bool:
    """Whether a folder holds the runs of several seeds, and is no run itself."""
    folder = Path(path)
    return (folder / SUMMARY).is_file() and not (folder / "results.json").exists()


def runs_in(path: Path | str) -> list[Path]:
    """The run folders that a path stands for: those of its seeds, or itself.

    Of seeds those whose figures are in the summary, in its order.
    """
    if not is_seeds(path):
        return [Path(path)]
    check_own(Path(path))
    seeds: Any = None
    with suppress(InputError, KeyError, TypeError):  # a damaged one is refused where it is read
        seeds = read_json(Path(path) / SUMMARY, "a summary of seeds")["seeds"]
    if not isinstance(seeds, list) or not all(type(seed) is int for seed in seeds):
        seeds = []
    return [seed_folder(path, seed) for seed in seeds[:_MOST]]


def refuse_seeds(path: Path | str) -> None:
    """Refuse a folder of several seeds where one run is wanted.

    Raises:
        InputError: names a run folder in it.
    """
    if is_seeds(path):
        raise InputError(
            f"expected a run folder at {path}, but it holds the runs of several seeds: name one of "
            f"them, as in {next(iter(runs_in(path)), seed_folder(path, 0))}"
        )
