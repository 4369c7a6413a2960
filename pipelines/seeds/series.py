"""`snnconvert run --seeds 0,1,2`: one run folder a seed, resumed each, and their summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import InputError, SnnConvertError, one_line
from ..display.output import note, warn
from ..run import make_run
from ..run_folder.seed_folders import seed_folder
from ..settings.engine import ENGINE, EngineSettings
from ..settings.run import RunSettings
from ..statistics.summary import SeedSummary, summarise, write_summary


def run_seeds(
    out: Path | str,
    settings: RunSettings,
    force: bool = False,
    engine: EngineSettings = ENGINE,
) -> SeedSummary:
    """Make one run a seed in OUT/seed-N, and the mean and spread of all figures in OUT.

    Data, splits and attacked texts are the same for all: the latter are drawn by
    ``settings.seed``. A seed that fails is said and left out; the summary is written after each.

    Args:
        out: the folder of the runs
        settings: of every run; ``seeds`` are its seeds
        force: make every run again
        engine: what runs the SNNs, and where

    Raises:
        InputError: bad settings or data, or ``out`` is a run folder itself.
        SnnConvertError: no seed has ended well; the first failure.
    """
    out = Path(out)
    if (out / "results.json").exists():
        raise InputError(
            f"expected a folder for the runs of several seeds, but {out} is a run folder itself: "
            "give another --out, or leave out --seeds"
        )
    seeds = settings.seeds or (settings.seed,)
    runs: dict[int, Mapping[str, Any]] = {}
    failed: dict[int, str] = {}
    first: Exception | None = None
    summary = summarise({})
    for number, seed in enumerate(seeds, 1):
        folder = seed_folder(out, seed)
        note(f"seed {seed} ({number} of {len(seeds)}): {folder}")
        own = replace(settings, seed=seed, seeds=None)
        try:
            made, _ = make_run(folder, own, force, engine, attack_seed=settings.seed)
            runs[seed] = made.results()
        except Exception as error:  # of any kind: the other seeds shall not be lost by it
            has_begun = bool(runs) or (folder / "results.json").exists()
            if isinstance(error, InputError) and not has_begun:
                raise  # settings or data are bad: it is so for every seed
            first = first or error
            failed[seed] = explained(error)
            warn(f"seed {seed} failed, and the others go on without it: {failed[seed]}")
        summary = summarise(runs, failed)
        if runs:
            write_summary(out, summary)
    if first is not None and not runs:
        raise first
    return summary


def explained(error: Exception) -> str:
    """One line about a failure."""
    if isinstance(error, SnnConvertError):
        return one_line(error)
    return f"failed with {type(error).__name__}: {one_line(error)}"
