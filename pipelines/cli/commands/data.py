"""`snnconvert data list` and `snnconvert data get NAME`."""

from __future__ import annotations

from ...display.output import advise, tell
from ..parser import Parser
from ..shared import Command, Given, add_data_dir, add_output


def options(parser: Parser) -> None:
    """What to do, and with which data set."""
    parser.add_argument("action", choices=("list", "get"), help="what to do")
    parser.add_argument("name", nargs="?", metavar="NAME", help="data set to get")
    add_data_dir(parser)
    add_output(parser)


def run(given: Given) -> None:
    """List the named data sets, or download one."""
    from ...datasets import datasets_here, datasets_table, get_dataset

    if given["action"] == "list":
        found = datasets_here(given["data_dir"])
        tell(given, {"datasets": found}, lambda: datasets_table(found))
    else:
        where = str(get_dataset(given["name"], given["data_dir"]))
        tell(given, {"path": where}, lambda: where)
        advise("next", f"snnconvert train --dataset {given['name']} --out RUN")


COMMAND = Command(options, run)
