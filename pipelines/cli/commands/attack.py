"""`snnconvert attack`: the models of a run, or with ``--sweep`` conversions of its ANN."""

from __future__ import annotations

import argparse
from typing import Any

from ...settings.attack import AttackSettings, AttackSweepSettings
from ...settings.engine import EngineSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser
from ..shared import Command, Given, add_stage, check_sweep, engine_of, say_stages, say_sweep


class _ListAttacks(argparse.Action):
    """Prints the attacks and ends, as ``--help`` does: no run is needed for it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        from ...attack.listing import list_attacks

        print(list_attacks())
        parser.exit()


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
        action=_ListAttacks,
        nargs=0,
        help="list the attacks, what they need and leave out, and what is missing here; then end",
    )
    add_settings(parser, AttackSweepSettings, "sweep.")


def run(given: Given) -> None:
    """Attack models of a run."""
    settings = settings_from(AttackSettings, given)
    check_sweep(given, {"victims": "encoders", "controls": "encoders"})
    folder, seed, engine = given["run"], given["seed"], engine_of(given)
    if given["sweep"]:
        from ...attack.sweep import attack_sweep

        choices = settings_from(AttackSweepSettings, given, "sweep.")
        say_sweep(given, "attack", attack_sweep(folder, settings, choices, seed, engine))
        return
    from ...attack.attack import attack

    say_stages(given, attack(folder, settings, seed, given["force"], engine), "attack")


COMMAND = Command(options, run)
