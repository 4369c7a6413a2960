"""`snnconvert teach`."""

from __future__ import annotations

from dataclasses import fields

from ...settings.data import DataSettings
from ...settings.engine import DeviceSettings
from ...settings.teach import TeachSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser
from ..shared import Command, Given, add_seed, add_work, say_stages


def options(parser: Parser) -> None:
    """Which teacher, for which texts."""
    parser.add_argument("out", metavar="RUN", help="run folder to make or go on with")
    for cls in (TeachSettings, DataSettings, DeviceSettings):
        add_settings(parser, cls)
    add_seed(parser)
    add_work(parser)


def run(given: Given) -> None:
    """Teach a run; without any option of data, on the texts that it has."""
    settings = settings_from(TeachSettings, given)
    named = any(item.name in given for item in fields(DataSettings))
    data = settings_from(DataSettings, given) if named else None
    from ...teach.teach import teach

    where = settings_from(DeviceSettings, given)
    made = teach(given["out"], settings, data, given["seed"], given["force"], where)
    say_stages(given, made, "teacher")


COMMAND = Command(options, run)
