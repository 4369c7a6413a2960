"""`snnconvert predict`."""

from __future__ import annotations

from ...settings.engine import EngineSettings
from ..arguments import add_settings
from ..parser import Parser
from ..shared import Command, Given, add_config, add_model, add_quiet, add_run, engine_of


def options(parser: Parser) -> None:
    """Which texts, and by which model."""
    add_run(parser)
    add_quiet(parser, "print JSON Lines: one document a text")
    add_config(parser)
    parser.add_argument("text", nargs="+", metavar="TEXT", help="texts to classify")
    add_model(parser)
    add_settings(parser, EngineSettings)


def run(given: Given) -> None:
    """Classify texts."""
    from ...predict import predict

    predict(given["run"], given["text"], given["model"], given["json"], engine_of(given))


COMMAND = Command(options, run)
