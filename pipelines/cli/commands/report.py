"""`snnconvert report`."""

from __future__ import annotations

from ...display.output import tell
from ..parser import Parser
from ..shared import Command, Given, add_output


def options(parser: Parser) -> None:
    """One run or several, and where the page goes."""
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="run folder, or that of several seeds; more than one are set side by side",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="the page (default: RUN/report.html, of several compare.html in the first)",
    )
    add_output(parser)


def run(given: Given) -> None:
    """Write the page of a run, of the seeds of one, or one that compares several."""
    from ...run_folder.seed_folders import is_seeds, runs_in

    runs, out = given["runs"], given["out"]
    if len(runs) == 1 and is_seeds(runs[0]):
        from ...report.compare.page import report_seeds

        page = report_seeds(runs[0], out)
    elif len(runs) == 1:
        from ...report.page import report

        page = report(runs[0], out)
    else:
        from ...report.compare.page import compare

        page = compare([folder for run in runs for folder in runs_in(run)], out)
    tell(given, {"report": str(page)}, lambda: str(page))


COMMAND = Command(options, run)
