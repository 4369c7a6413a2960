"""`snnconvert explain`."""

from __future__ import annotations

from ....settings.engine import EngineSettings
from ...arguments import add_settings
from ...parser import Parser
from ...shared import Command, Given, add_model, add_quiet, add_run, add_seed, engine_of
from ...values import whole


def options(parser: Parser) -> None:
    """Which text, and by which model."""
    add_run(parser)
    add_quiet(parser, "print JSON, with all parts")
    parser.add_argument(
        "text",
        nargs="?",
        metavar="TEXT",
        help="the text to explain; without it a few dev texts, right and wrong, for the report",
    )
    add_model(parser)
    add_seed(parser)
    parser.add_argument(
        "--top",
        type=whole,
        default=8,
        metavar="N",
        help="windows to show, and to run again without (default: 8)",
    )
    add_settings(parser, EngineSettings)


def run(given: Given) -> None:
    """Explain one text, or texts for the report."""
    from ....explain.explain import explain, explain_dev

    if given["text"] is None:
        explain_dev(given["run"], given["model"], given["json"], engine_of(given))
        return
    explain(
        given["run"],
        given["text"],
        given["model"],
        given["json"],
        given["top"],
        given["seed"],
        engine_of(given),
    )


COMMAND = Command(options, run)
