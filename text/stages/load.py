"""A fitted text stage from its folder, of whatever kind it is."""

from __future__ import annotations

from pathlib import Path

from ...files import read_json
from ...registry import UnknownNameError
from . import STAGES
from .stage import STAGE_FILE, Stage, incomplete
from .words import TextStage


def load_stage(folder: Path | str) -> Stage:
    """Read what a stage wrote by its `Stage.save`.

    Raises:
        InputError: a file is missing or damaged, or the kind is not known here, as that of a stage
            of one's own which has not been registered yet.
    """
    values = read_json(Path(folder) / STAGE_FILE, "a fitted text stage")
    kind = values.get("kind", TextStage.kind) if isinstance(values, dict) else TextStage.kind
    try:
        stage = STAGES[str(kind)]
    except UnknownNameError as error:
        raise incomplete(Path(folder), error) from None
    return stage.load(folder)
