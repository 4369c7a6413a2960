"""`snnconvert energy`."""

from __future__ import annotations

from ...display.output import tell
from ...settings.energy import EnergySettings
from ...settings.engine import DeviceSettings
from ..arguments import settings_from
from ..next_step import say_saved
from ..parser import Parser
from ..shared import Command, Given, add_stage


def options(parser: Parser) -> None:
    """On which texts, and by which tables."""
    add_stage(parser, EnergySettings, DeviceSettings)


def run(given: Given) -> None:
    """Count the work of every model of a run, and price it."""
    settings, where = settings_from(EnergySettings, given), settings_from(DeviceSettings, given)
    from ...energy.energy import energy
    from ...energy.outputs import summary

    run = energy(given["run"], settings, given["seed"], given["force"], where)
    found = run.require("energy")
    tell(given, {"energy": found}, lambda: summary(found))
    say_saved(run, "energy")


COMMAND = Command(options, run)
