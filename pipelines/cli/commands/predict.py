"""`snnconvert predict`."""

from __future__ import annotations

from ...settings.engine import EngineSettings
from ..arguments import add_settings
from ..parser import Parser
from ..shared import Command, Given, add_model, add_quiet, add_run, engine_of


def options(parser: Parser) -> None:
    """Which texts, and by which model."""
    add_run(parser)
    add_quiet(parser)
    parser.add_argument("text", nargs="+", metavar="TEXT", help="texts to classify")
    add_model(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    add_settings(parser, EngineSettings)


def run(given: Given) -> None:
    """Classify texts."""
    from ...predict import predict

    predict(given["run"], given["text"], given["model"], given["json"], engine_of(given))


COMMAND = Command(options, run)
