"""`snnconvert data list` and `snnconvert data get NAME`."""

from __future__ import annotations

from ..parser import Parser
from ..shared import Command, Given, add_data_dir


def options(parser: Parser) -> None:
    """What to do, and with which data set."""
    parser.add_argument("action", choices=("list", "get"), help="what to do")
    parser.add_argument("name", nargs="?", metavar="NAME", help="data set to get")
    add_data_dir(parser)


def run(given: Given) -> None:
    """List the named data sets, or download one."""
    from ...datasets import get_dataset, show_datasets

    if given["action"] == "list":
        show_datasets(given["data_dir"])
    else:
        get_dataset(given["name"], given["data_dir"])


COMMAND = Command(options, run)
