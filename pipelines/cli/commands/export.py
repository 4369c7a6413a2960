"""`snnconvert export`."""

from __future__ import annotations

from ....interop import EXPORTS
from ...display.output import tell
from ..parser import Parser
from ..shared import Command, Given, add_model, add_output, add_run


def options(parser: Parser) -> None:
    """Which model, in which format, and where the file goes."""
    add_run(parser)
    add_model(parser)
    parser.add_argument(
        "--format", choices=EXPORTS, default="npz", help="format of the file (default: npz)"
    )
    parser.add_argument(
        "--out", metavar="FILE", help="the file (default: RUN/export/MODEL and the format's ending)"
    )
    add_output(parser)


def run(given: Given) -> None:
    """Write a model of a run as a file that other programs read."""
    from ...export import export

    path = export(given["run"], given["format"], given["model"], given["out"])
    tell(given, {"export": str(path)}, lambda: str(path))


COMMAND = Command(options, run)
