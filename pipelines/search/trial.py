"""One trial: a run with some options, trained, converted and fine-tuned, and its figures."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...engine.scores import USUAL
from ...errors import InputError, SnnConvertError
from ...files import write_json
from ...progress import silenced
from ..convert.convert import convert
from ..finetune.finetune import finetune
from ..run_folder.run_folder import RunFolder
from ..settings.search import SearchSettings
from ..train import train
from .space import Chosen, with_options


@dataclass(frozen=True)
class Trial:
    """A trial that is to be made.

    number: from 0, which is the search's own settings; chosen: what is set otherwise
    run: its run folder; row: the file that says what came of it
    base: a run whose ANN it takes over; None where it trains its own
    """

    number: int
    chosen: Chosen
    run: Path
    row: Path
    base: Path | None = None


def make_trial(settings: SearchSettings, seed: int, trial: Trial) -> None:
    """Make a trial, or go on with it, and write its row.

    A combination that is refused, or whose training left all bounds, is a row that says why.
    """
    started = time.monotonic()
    row: dict[str, Any] = {"number": trial.number, "chosen": dict(trial.chosen)}
    try:
        with silenced():
            row |= _figures(_run(with_options(settings, trial.chosen), seed, trial))
    except (InputError, SnnConvertError) as error:
        if trial.number == 0:  # nothing of the search would work
            raise
        row["refused"] = str(error)
    write_json(trial.row, row | {"seconds": round(time.monotonic() - started, 1)})


def _run(settings: SearchSettings, seed: int, trial: Trial) -> RunFolder:
    if trial.base is not None and not trial.run.exists():
        half = trial.run.with_name(trial.run.name + ".copying")
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(trial.base, half)
        half.rename(trial.run)
    if trial.base is None:
        train(trial.run, settings.data, settings.train, seed)
    convert(trial.run, settings.convert, seed)
    return finetune(trial.run, settings.finetune, seed)


def _figures(run: RunFolder) -> dict[str, Any]:
    """What is kept of a run; the search reads dev alone, by the first score of the task."""
    results = run.results()
    ann, snn, tuned = (results[stage] for stage in ("ann", "snn", "finetuned"))
    (own, *_) = results["data"].get("scores") or USUAL
    scores = (
        {}
        if own in USUAL
        else {
            "score": own,
            "dev_score": tuned["dev_task_scores"][own],
            "test_score": tuned["test_task_scores"][own],
            "ann_dev_score": ann["dev_task_scores"][own],
            "snn_dev_score": snn["dev_task_scores"][own],
        }
    )
    return scores | {
        "dev_accuracy": tuned["dev_accuracy"],
        "test_accuracy": tuned["test_accuracy"],
        "ann_dev_accuracy": ann["dev_accuracy"],
        "snn_dev_accuracy": snn["dev_accuracy"],
        "sops_per_sample": tuned["sops_per_sample"],
        "steps": tuned["steps"],
        "parameters": ann["parameters"],
    }
