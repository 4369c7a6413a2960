"""`snnconvert report`."""

from __future__ import annotations

from ...display.output import tell
from ..parser import Parser
from ..shared import Command, Given, add_output


def options(parser: Parser) -> None:
    """One run or several, and where the page goes."""
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help="run folder; several are set side by side"
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="the page (default: RUN/report.html, of several compare.html in the first)",
    )
    add_output(parser)


def run(given: Given) -> None:
    """Write the page of a run, or one that compares several."""
    runs, out = given["runs"], given["out"]
    if len(runs) == 1:
        from ...report.page import report

        page = report(runs[0], out)
    else:
        from ...report.compare.page import compare

        page = compare(runs, out)
    tell(given, {"report": str(page)}, lambda: str(page))


COMMAND = Command(options, run)
