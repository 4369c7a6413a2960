"""`snnconvert reproduce snnlp`."""

from __future__ import annotations

from ...display.output import tell
from ...settings.reproduce import ReproduceSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser
from ..shared import Command, Given, add_config, add_data_dir, add_output


def options(parser: Parser) -> None:
    """Which system, which rows of it, and where they go."""
    parser.add_argument(
        "system",
        nargs="?",
        choices=("snnlp",),
        default="snnlp",
        help="the published system (default: snnlp)",
    )
    parser.add_argument(
        "--out",
        default="reproduce-snnlp",
        metavar="DIR",
        help="folder of rows and pages, made or resumed (default: reproduce-snnlp)",
    )
    add_settings(parser, ReproduceSettings)
    add_data_dir(parser)
    add_config(parser)
    add_output(parser)


def run(given: Given) -> None:
    """Make the rows that are not there yet, and write the pages."""
    settings = settings_from(ReproduceSettings, given)
    from ...reproduce.snnlp.pages.outputs import page
    from ...reproduce.snnlp.run import reproduce

    rows = reproduce(given["out"], given["data_dir"], settings)
    tell(given, {"rows": [row.to_dict() for row in rows]}, lambda: page(rows))


COMMAND = Command(options, run)
