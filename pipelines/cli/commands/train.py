"""`snnconvert train`."""

from __future__ import annotations

from ...settings.data import DataSettings
from ...settings.train import TrainSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser
from ..shared import Command, Given, add_out, add_seed, add_work, say_stages


def options(parser: Parser) -> None:
    """Which data, and how to train."""
    add_out(parser)
    add_seed(parser)
    add_work(parser)
    add_settings(parser, DataSettings)
    add_settings(parser, TrainSettings)


def run(given: Given) -> None:
    """Train the ANN of a run."""
    data, settings = settings_from(DataSettings, given), settings_from(TrainSettings, given)
    from ...train import train

    say_stages(given, train(given["out"], data, settings, given["seed"], given["force"]), "ann")


COMMAND = Command(options, run)
