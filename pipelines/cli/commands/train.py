"""`snnconvert train`."""

from __future__ import annotations

from ...settings.data import DataSettings
from ...settings.engine import DeviceSettings
from ...settings.train import TrainSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser
from ..shared import Command, Given, add_out, add_seed, add_work, say_stages


def options(parser: Parser) -> None:
    """Which data, and how to train."""
    add_out(parser)
    for cls in (DataSettings, TrainSettings, DeviceSettings):
        add_settings(parser, cls)
    add_seed(parser)
    add_work(parser)


def run(given: Given) -> None:
    """Train the ANN of a run, or a network that spikes already."""
    data, settings = settings_from(DataSettings, given), settings_from(TrainSettings, given)
    from ...train import train

    where = settings_from(DeviceSettings, given)
    made = train(given["out"], data, settings, given["seed"], given["force"], where)
    say_stages(given, made, settings.stage)


COMMAND = Command(options, run, together=True)
