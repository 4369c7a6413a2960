"""`snnconvert doctor`."""

from __future__ import annotations

from ..parser import Parser
from ..shared import Command, Given, add_data_dir, add_output


def options(parser: Parser) -> None:
    """Where data sets lie."""
    add_data_dir(parser)
    add_output(parser)


def run(given: Given) -> int:
    """Check this installation; returns 1 if something is broken."""
    from ...doctor.doctor import doctor

    return doctor(given)


COMMAND = Command(options, run)
