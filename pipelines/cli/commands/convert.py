"""`snnconvert convert`: one conversion, or with ``--sweep`` many on dev."""

from __future__ import annotations

from pathlib import Path

from ...settings.convert import ConvertSettings, SweepSettings
from ...settings.engine import EngineSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser
from ..shared import (
    Command,
    Given,
    add_name,
    add_stage,
    check_sweep,
    engine_of,
    refuse_name,
    say_stages,
    say_sweep,
)

GRID = {"steps": "steps", "encoder": "encoders"}
"""Options that a sweep has a list for."""


def options(parser: Parser) -> None:
    """How to convert, and what a sweep tries."""
    add_stage(parser, ConvertSettings, EngineSettings)
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="try methods, encoders and T on dev, and write RUN/recipes/best.yaml",
    )
    add_settings(parser, SweepSettings, "sweep.")
    add_name(parser, "the conversion, one of several in the run; auto: by code and T, as saf-t4")
    parser.grid = GRID


def run(given: Given) -> None:
    """Convert the ANN of a run."""
    settings = settings_from(ConvertSettings, given)
    check_sweep(given, GRID)
    folder, seed, force, name = given["run"], given["seed"], given["force"], given["name"]
    if given["sweep"]:
        refuse_name(given)
        from ...convert.sweep import SWEEP_FILE, sweep

        choices = settings_from(SweepSettings, given, "sweep.")
        text = sweep(folder, settings, choices, seed, force, engine_of(given))
        say_sweep(given, "sweep", text, Path(folder) / SWEEP_FILE)
        return
    from ...convert.choices import conversion_stage, recipe_from, with_run_recipe
    from ...convert.convert import convert

    made = convert(folder, settings, seed, force, engine_of(given), name)
    stage = conversion_stage(name, recipe_from(with_run_recipe(made.path, settings)))
    say_stages(given, made, stage)


COMMAND = Command(options, run)
