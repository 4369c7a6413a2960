"""`snnconvert export`."""

from __future__ import annotations

from ...display.output import tell
from ...settings.export import ExportSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser
from ..shared import (
    SETTINGS_FILE,
    Command,
    Given,
    add_config,
    add_model,
    add_output,
    add_place,
    add_run,
)


def options(parser: Parser) -> None:
    """Which model, in which format, and where it goes."""
    add_run(parser)
    add_place(parser)
    add_model(parser)
    add_settings(parser, ExportSettings)
    parser.add_argument(
        "--out",
        metavar="PATH",
        help="the file or folder (default: in RUN/export, by the name of model or format)",
    )
    add_config(parser)
    parser.group(*SETTINGS_FILE).add_argument(
        "--force", action="store_true", help="replace the folder of an earlier export"
    )
    add_output(parser)


def run(given: Given) -> int:
    """Write a model of a run as a file or folder that other programs read."""
    settings = settings_from(ExportSettings, given)
    settings.of_format()  # before anything heavy is loaded
    from ...export import run_export

    done = run_export(given["run"], settings, given["model"], given["out"], given["force"])
    figures = {"export": str(done.path), **done.outcome.figures}
    tell(given, figures, lambda: "\n".join(filter(None, (str(done.path), done.outcome.text))))
    return 0 if done.outcome.good else 1


COMMAND = Command(options, run, resumes=False)
