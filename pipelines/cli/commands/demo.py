"""`snnconvert demo`."""

from __future__ import annotations

from ..parser import Parser
from ..shared import Command, Given


def options(parser: Parser) -> None:
    """Where the two runs go."""
    parser.add_argument(
        "--out",
        default="demo-runs",
        metavar="DIR",
        help="folder of the two runs (default: demo-runs)",
    )


def run(given: Given) -> None:
    """Run the whole job on the built-in reviews."""
    from ...demo import demo

    demo(given["out"])


COMMAND = Command(options, run)
