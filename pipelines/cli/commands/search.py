"""`snnconvert search`."""

from __future__ import annotations

from pathlib import Path

from ...display.output import tell
from ...settings.search import SearchSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser
from ..shared import Command, Given, add_seed, add_work


def options(parser: Parser) -> None:
    """Where the search begins, what it tries, and for how long."""
    parser.add_argument(
        "--out", metavar="FOLDER", required=True, help="folder of trials, made or resumed"
    )
    add_settings(parser, SearchSettings)
    add_seed(parser)
    add_work(parser)


def run(given: Given) -> None:
    """Search; the table says what was found."""
    settings = settings_from(SearchSettings, given)
    from ...search.outputs import search_text
    from ...search.search import search

    folder = Path(given["out"])
    found = search(folder, settings, given["seed"], given["force"])
    tell(given, found, lambda: search_text(found, folder))


COMMAND = Command(options, run)
