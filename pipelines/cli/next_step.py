"""What a command says after its figures: where they were saved, and which command comes next."""

from __future__ import annotations

import shlex
from typing import Any

from ..display.output import advise, gap, note
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import COMMANDS, PIPELINE, SHOWING


def say_saved(run: RunFolder, *stages: str) -> None:
    """Say where the stages of a command lie (by default all), and what has not been done yet."""
    folders = [str(run.folder(stage)) for stage in stages] or [str(run.path)]
    gap()
    note(f"saved in {', '.join(folders)}; figures in {run.results_path}")
    advise("next", next_command(run, run.results()))


def next_command(run: RunFolder, results: dict[str, Any]) -> str:
    """The command line of the first thing that a run lacks; its report, where nothing does."""
    wanted = [name for name in (*PIPELINE, *SHOWING) if name != "attack" or _can_attack()]
    missing = next((name for name in wanted if name not in results), None)
    words = COMMANDS[missing] if missing else "report {run}"
    return f"snnconvert {words.format(run=shlex.quote(str(run.path)))}"


def _can_attack() -> bool:
    from ..run import can_attack

    return can_attack()
