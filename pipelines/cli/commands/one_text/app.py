"""`snnconvert app`."""

from __future__ import annotations

from ...parser import Parser
from ...shared import Command, Given, add_run
from ...values import whole


def options(parser: Parser) -> None:
    """Of which run, and where."""
    add_run(parser)
    parser.add_argument(
        "--port",
        type=whole,
        metavar="N",
        help="where the page is served, on this machine alone (default: 8501, or the next free)",
    )


def run(given: Given) -> None:
    """Serve the page."""
    from ....app.serve import app

    app(given["run"], given["port"])


COMMAND = Command(options, run)
