"""What a command says after its figures: where they were saved, and which command comes next."""

from __future__ import annotations

import shlex
from importlib.util import find_spec
from typing import Any

from ...models.families import FAMILIES
from ..display.output import advise, gap, note
from ..run_folder.again import command_for
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import COMMANDS, PIPELINE, SHOWING


def say_saved(run: RunFolder, *stages: str, has_report: bool = False) -> None:
    """Say where the stages of a command lie (by default all), and what has not been done yet.

    Args:
        run: the run
        stages: that the command has made
        has_report: whether it has written the report of the run as it is
    """
    folders = [str(run.folder(stage)) for stage in stages] or [str(run.path)]
    gap()
    note(f"saved in {', '.join(folders)}; figures in {run.results_path}")
    advise("next", next_command(run, run.results(), has_report))


def next_command(run: RunFolder, results: dict[str, Any], has_report: bool = False) -> str:
    """The command line of the first thing that a run lacks; where nothing does, of a look at it.

    That is its report, or, where this has just been written, the page to try its models on; without
    what that needs, one text on the terminal.
    """
    stages = (*PIPELINE, *SHOWING)
    if "spiking" in results and "ann" not in results:
        stages = ("spiking", "energy")
    elif not _converts(run):
        stages = ("ann", "energy")
    wanted = [name for name in stages if name != "attack" or _can_attack()]
    missing = next((name for name in wanted if name not in results), None)
    look = "report {run}"
    if has_report:
        look = "app {run}" if find_spec("streamlit") else 'explain {run} "a text of your own"'
    if missing == "ann" and "data" in results:  # a run that so far has a teacher alone
        return command_for(missing, run.path, run.config())
    words = COMMANDS[missing] if missing else look
    return f"snnconvert {words.format(run=shlex.quote(str(run.path)))}"


def _converts(run: RunFolder) -> bool:
    """Whether the run's ANN is of a family that can be made spiking, as far as that is known."""
    model = run.config().get("ann", {}).get("model")
    return model not in FAMILIES or FAMILIES[model].converts


def _can_attack() -> bool:
    from ..run import can_attack

    return can_attack()
