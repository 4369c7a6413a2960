"""`snnconvert evaluate`."""

from __future__ import annotations

from ...settings.engine import EngineSettings
from ..arguments import add_settings
from ..parser import Parser
from ..shared import (
    Command,
    Given,
    add_config,
    add_model,
    add_place,
    add_quiet,
    add_run,
    engine_of,
)


def options(parser: Parser) -> None:
    """Which model, and on which texts."""
    add_run(parser)
    add_place(parser)
    add_quiet(parser)
    add_model(parser)
    parser.add_argument(
        "--split",
        choices=("train", "dev", "test"),
        default="test",
        help="split of the run's own data (default: test)",
    )
    parser.add_argument("--data", metavar="FILE", help="a labelled file (TSV, CSV, JSONL) instead")
    add_config(parser)
    add_settings(parser, EngineSettings)


def run(given: Given) -> None:
    """Measure a model of a run."""
    from ...evaluate import evaluate

    model, split = given["model"], given["split"]
    evaluate(given["run"], model, split, given["data"], given["json"], engine_of(given))


COMMAND = Command(options, run, resumes=False)
