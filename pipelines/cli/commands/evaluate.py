"""`snnconvert evaluate`."""

from __future__ import annotations

from ....text.datasets.readers.options import OPTION_NAMES, FileOptions
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
    group = parser.group("file", "How --data is read; what is not said is as in training, or told.")
    for name in OPTION_NAMES:
        what = f"as in train (default: {'UTF-8' if name == 'encoding' else 'as in training'})"
        group.add_argument(f"--{name.replace('_', '-')}", metavar="X", help=what)
    add_config(parser)
    add_settings(parser, EngineSettings)


def run(given: Given) -> None:
    """Measure a model of a run."""
    from ...evaluate import evaluate

    model, split = given["model"], given["split"]
    read_by = FileOptions(**{name: given[name] for name in OPTION_NAMES})
    evaluate(given["run"], model, split, given["data"], given["json"], engine_of(given), read_by)


COMMAND = Command(options, run, resumes=False)
