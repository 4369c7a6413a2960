"""`snnconvert demo`."""

from __future__ import annotations

from ...display.output import tell
from ..parser import Parser
from ..shared import Command, Given, add_output


def options(parser: Parser) -> None:
    """Where the two runs go."""
    parser.add_argument(
        "--out",
        default="demo-runs",
        metavar="DIR",
        help="folder of the two runs (default: demo-runs)",
    )
    add_output(parser)


def run(given: Given) -> None:
    """Run the whole job on the built-in reviews."""
    from ...demo import demo

    figures, text = demo(given["out"])
    tell(given, figures, lambda: text)


COMMAND = Command(options, run)
