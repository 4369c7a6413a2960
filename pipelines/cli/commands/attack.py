"""`snnconvert attack`: the models of a run, or with ``--sweep`` conversions of its ANN."""

from __future__ import annotations

from pathlib import Path

from ...display.output import tell
from ...settings.attack import AttackSettings, AttackSweepSettings
from ...settings.engine import EngineSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser
from ..shared import Command, Given, add_stage, check_sweep, engine_of, say_stages, say_sweep

GRID = {"victims": "encoders", "controls": "encoders"}
"""Options that a sweep has a list for."""


def options(parser: Parser) -> None:
    """Which attacks on which models, and what a sweep tries."""
    add_stage(parser, AttackSettings, EngineSettings)
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="attack the ANN's conversions by every code, T and threshold rule instead",
    )
    parser.add_argument(
        "--list",
        action="store_true",
        help="list the attacks, what they need and leave out, and what is missing here; then end",
    )
    add_settings(parser, AttackSweepSettings, "sweep.")
    parser.grid = GRID


def run(given: Given) -> None:
    """Attack models of a run."""
    if given["list"]:
        from ...attack.listing import attack_facts, list_attacks

        tell(given, {"attacks": attack_facts()}, list_attacks)
        return
    settings = settings_from(AttackSettings, given)
    check_sweep(given, GRID)
    folder, seed, engine = given["run"], given["seed"], engine_of(given)
    if given["sweep"]:
        from ...attack.sweep import FOLDER, attack_sweep

        choices = settings_from(AttackSweepSettings, given, "sweep.")
        text = attack_sweep(folder, settings, choices, seed, engine)
        say_sweep(given, "attack", text, Path(folder) / FOLDER / "sweep.json")
        return
    from ...attack.attack import attack

    say_stages(given, attack(folder, settings, seed, given["force"], engine), "attack")


COMMAND = Command(options, run)
