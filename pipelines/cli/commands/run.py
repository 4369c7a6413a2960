"""`snnconvert run`."""

from __future__ import annotations

import argparse

from ...display.output import tell
from ...run_folder.seed_folders import refuse_seeds
from ...settings.engine import EngineSettings
from ...settings.run import RunSettings
from ..arguments import add_settings, settings_from
from ..next_step import say_saved
from ..parser import Parser
from ..shared import Command, Given, add_out, add_work, engine_of
from ..values import whole


def options(parser: Parser) -> None:
    """The options of all stages, each with the stage's name before its own."""
    add_out(parser)
    parser.group("run", "What all stages share.").add_argument(
        "--steps",
        type=whole,
        dest="convert.steps",
        metavar="N",
        default=argparse.SUPPRESS,
        help="time steps T, the same as --convert.steps (default: 4)",
    )
    add_settings(parser, RunSettings)
    add_settings(parser, EngineSettings)
    add_work(parser)


def run(given: Given) -> int:
    """Train, convert, fine-tune, count energy, attack, report; with ``--seeds`` once for each."""
    settings = settings_from(RunSettings, given)
    if settings.seeds is not None:
        return _run_seeds(given, settings)
    from ...display.tables import run_text
    from ...energy.outputs import summary
    from ...run import make_run

    refuse_seeds(given["out"])
    made, page = make_run(given["out"], settings, given["force"], engine_of(given))
    figures = made.results() | {"report": str(page)}
    tell(
        given,
        figures,
        lambda: f"{run_text(made)}\n\n{summary(figures['energy'])}\nreport: {page}",
    )
    say_saved(made, has_report=True)
    return 0


def _run_seeds(given: Given, settings: RunSettings) -> int:
    """One run a seed and their report; 1 where a seed has failed."""
    from ....typed_json import to_json
    from ...report.compare.page import report_seeds
    from ...seeds.display import seeds_text
    from ...seeds.series import run_seeds

    summary = run_seeds(given["out"], settings, given["force"], engine_of(given))
    page = report_seeds(given["out"])
    figures = to_json(summary) | {"report": str(page)}
    tell(given, figures, lambda: f"{seeds_text(summary)}\nreport: {page}")
    return int(bool(summary.failed))


COMMAND = Command(options, run)
