"""`snnconvert run`."""

from __future__ import annotations

import argparse

from ...display.output import tell
from ...settings.engine import EngineSettings
from ...settings.run import RunSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser
from ..shared import Command, Given, add_out, add_work, engine_of
from ..values import whole


def options(parser: Parser) -> None:
    """The options of all stages, each with the stage's name before its own."""
    add_out(parser)
    parser.add_argument(
        "--steps",
        type=whole,
        dest="convert.steps",
        metavar="T",
        default=argparse.SUPPRESS,
        help="time steps T, the same as --convert.steps (default: 4)",
    )
    add_work(parser)
    add_settings(parser, RunSettings)
    add_settings(parser, EngineSettings)


def run(given: Given) -> None:
    """Train, convert, fine-tune, count energy, attack and report."""
    settings = settings_from(RunSettings, given)
    from ...display.tables import run_text
    from ...energy.outputs import summary
    from ...run import make_run

    made, page = make_run(given["out"], settings, given["force"], engine_of(given))
    figures = made.results() | {"report": str(page)}
    tell(
        given,
        figures,
        lambda: f"{run_text(made)}\n\n{summary(figures['energy'])}\nreport: {page}",
    )


COMMAND = Command(options, run)
