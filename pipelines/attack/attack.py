"""`snnconvert attack`: attack ANN and SNN on the same texts and score their robustness."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ...attacks.noise import NAME as NOISE
from ...attacks.presets.requirements import (
    check_assets,
    check_language,
    chosen_presets,
)
from ...attacks.runs import select_examples
from ...attacks.statistics.tables import write_robustness
from ...errors import InputError
from ..data import load_run_data
from ..quality.chance import warn_of
from ..run_folder.fingerprints import settings_dict
from ..run_folder.run_folder import RunFolder
from ..settings.attack import AttackSettings
from ..settings.engine import ENGINE, EngineSettings
from .campaign import UNLIMITED, Campaign
from .victims import control_victims, is_stochastic, parse_victim, victim_digest

HOW = ("workers", "ray")  # settings of how a run is done, and not of what it finds
DEFAULT_VICTIMS = tuple(AttackSettings().victims)


def attack(
    out: Path | str,
    settings: AttackSettings,
    seed: int = 0,
    force: bool = False,
    engine: EngineSettings = ENGINE,
) -> RunFolder:
    """Attack the models of a run folder with TextAttack; resumes text by text.

    Every victim meets the same test texts, drawn once by ``seed``, with the same query budget.
    Records go to RUN/attack/VICTIM.PRESET.jsonl; scores, paired tests, transfer and conclusions to
    results.json, and as a table to RUN/attack/robustness.{json,csv,md}.

    Raises:
        InputError: no model to attack, an unknown victim or attack or one of another language,
            missing assets, or done with other settings.
    """
    run = RunFolder(out)
    with run.locked():
        run.require("ann")
        language = str(run.require("data").get("language"))
        check_language(settings.presets, language)
        victims = _victims(settings.victims, run)
        controls = control_victims(run, victims) if _wants(settings, "victims") else []
        digests = {name: victim_digest(run, name, seed) for name in (*victims, *controls)}
        resolved = settings_dict(settings, seed=seed, victims=digests)
        resolved = {key: value for key, value in resolved.items() if key not in HOW}
        if run.is_done("attack", resolved, force):
            _say_left_out(run.results()["attack"].get("left_out", {}))
            warn_of(run.path, "attack", settings.victims)
            return run
        presets, left_out = chosen_presets(settings.presets, language)
        extra = _extra_attacks(settings, language, presets, left_out)
        check_assets([name for name in (*presets, *extra) if name != NOISE])
        _say_left_out(left_out)
        started = time.monotonic()
        test = load_run_data(run).test
        warn_of(run.path, "attack", settings.victims)
        examples = select_examples(test.texts, test.labels, settings.examples, seed)
        run.begin("attack", resolved, force)
        campaign = Campaign(run, run.path / "attack", settings, examples, digests, seed, engine)
        jobs = [(victim, name) for victim in (*victims, *controls) for name in presets]
        # a second look at unchanged texts says nothing of victims without noise, unless asked for
        noisy = [v for v in victims if "noise" in settings.controls or is_stochastic(run, v)]
        jobs += [(v, name) for v in victims for name in extra if name != NOISE or v in noisy]
        figures = campaign.carry_out(jobs)
        figures |= {"presets": presets, "extra": extra, "left_out": left_out}
        write_robustness(run.path / "attack", figures, str(run.require("data")["name"]))
        run.finish("attack", resolved, figures | {"seconds": round(time.monotonic() - started, 1)})
    return run


def _victims(wanted: Sequence[str], run: RunFolder) -> list[str]:
    """The victims asked for; of the default ones, those that have been made.

    Raises:
        InputError: an unknown name, or a model that has not been made.
    """
    done = run.results()
    found = []
    for victim in wanted:
        try:
            model = parse_victim(victim).model
        except InputError as error:
            raise InputError(f"{error}; see --victims in snnconvert attack --help") from None
        if model in done or "@" in victim:
            found.append(victim)
        elif tuple(wanted) != DEFAULT_VICTIMS:
            raise InputError(
                f"expected the model {model!r} in {run.path}, but it has not been made yet"
            )
    return found


def _wants(settings: AttackSettings, control: str) -> bool:
    """Whether a control is asked for."""
    return "auto" in settings.controls or control in settings.controls


def _extra_attacks(
    settings: AttackSettings, language: str, presets: Sequence[str], left_out: dict[str, str]
) -> list[str]:
    """The controls that are attacks themselves: noise alone, and an attack without limits.

    What is missing for the latter is noted in ``left_out``, unless it was asked for by name.
    """
    found = [NOISE] if _wants(settings, "noise") else []
    name = UNLIMITED.get(language, "")
    if name and name not in presets and _wants(settings, "unlimited"):
        try:
            check_assets([name])
            found.append(name)
        except InputError as error:
            if "unlimited" in settings.controls:
                raise
            left_out[name] = str(error)
    return found


def _say_left_out(left_out: dict[str, str]) -> None:
    for name, reason in left_out.items():
        print(f"attack {name} is left out: {reason}", file=sys.stderr)
