"""`snnconvert attack`: attack ANN and SNN on the same texts and score their robustness."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...attacks.presets.catalogue import unlimited_attacks
from ...attacks.presets.noise import NOISE
from ...attacks.presets.requirements import (
    check_assets,
    check_language,
    chosen_presets,
)
from ...attacks.runs import select_examples
from ...attacks.statistics.tables import write_robustness
from ...attacks.victim_name import VictimName
from ...errors import InputError
from ...models.devices import find_device
from ..data import load_run_data
from ..quality.chance import warn_of
from ..run_folder.fingerprints import settings_dict
from ..run_folder.run_folder import RunFolder
from ..settings.attack import AttackSettings
from ..settings.engine import ENGINE, EngineSettings
from .campaign import Campaign, Job, is_search
from .models import AttackedModel, control_victims
from .names import parse_victims

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
    find_device(engine.device)
    run = RunFolder(out)
    with run.locked():
        run.require("ann")
        check_language(settings.presets, _language(run))
        victims = _victims(settings.victims, run)
        controls = control_victims(run, victims) if _wants(settings, "victims") else []
        digests = {str(v): AttackedModel(run, v).digest(seed) for v in (*victims, *controls)}
        resolved = settings_dict(settings, seed=seed, victims=digests)
        resolved = {key: value for key, value in resolved.items() if key not in HOW}
        if run.is_done("attack", resolved, force):
            _say_left_out(run.results()["attack"].get("left_out", {}))
            warn_of(run.path, "attack", settings.victims)
            return run
        plan = _plan(settings, _language(run))
        jobs = plan.jobs(run, settings, victims, controls)
        _say_left_out(plan.left_out)
        started = time.monotonic()
        test = load_run_data(run).test
        warn_of(run.path, "attack", settings.victims)
        examples = select_examples(test.texts, test.labels, settings.examples, seed)
        run.begin("attack", resolved, force)
        campaign = Campaign(run, run.path / "attack", settings, examples, digests, seed, engine)
        figures = campaign.carry_out(jobs) | vars(plan)
        write_robustness(run.path / "attack", figures, str(run.require("data")["name"]))
        run.finish("attack", resolved, figures | {"seconds": round(time.monotonic() - started, 1)})
    return run


def _language(run: RunFolder) -> str:
    """The language of the run's texts."""
    return str(run.require("data").get("language"))


def _victims(wanted: Sequence[str], run: RunFolder) -> list[VictimName]:
    """The victims asked for; of the default ones, those that have been made.

    Raises:
        InputError: an unknown name, or a model that has not been made.
    """
    done = run.results()
    chosen = []
    for name in parse_victims(wanted):
        if name.model in done or name.code:
            chosen.append(name)
        elif tuple(wanted) != DEFAULT_VICTIMS:
            raise InputError(
                f"expected the model {name.model!r} in {run.path}, but it has not been made yet"
            )
    return chosen


@dataclass(frozen=True)
class Plan:
    """The attacks of a run.

    presets: on every victim and control; extra: controls that are attacks themselves, on victims
    alone; left_out: what cannot run here, with the reason.
    """

    presets: list[str]
    extra: list[str]
    left_out: dict[str, str]

    def jobs(
        self,
        run: RunFolder,
        settings: AttackSettings,
        victims: Sequence[VictimName],
        controls: Sequence[VictimName],
    ) -> list[Job]:
        """Victim and attack of every file of records, in the order in which they are made."""
        jobs = [(str(v), name) for v in (*victims, *controls) for name in self.presets]
        # a second look at unchanged texts says nothing of victims without noise, unless asked for
        asked = "noise" in settings.controls
        noisy = [v for v in victims if asked or AttackedModel(run, v).is_stochastic()]
        return jobs + [
            (str(v), name) for v in victims for name in self.extra if is_search(name) or v in noisy
        ]


def _plan(settings: AttackSettings, language: str) -> Plan:
    """The attacks that are asked for, and the controls among attacks that can run here."""
    presets, left_out = chosen_presets(settings.presets, language)
    extra = [NOISE.name] if _wants(settings, "noise") else []
    unlimited = [name for name in unlimited_attacks(language) if name not in presets]
    for name in unlimited if _wants(settings, "unlimited") else ():
        try:
            check_assets([name])
            extra.append(name)
        except InputError as error:
            if "unlimited" in settings.controls:
                raise
            left_out[name] = str(error)
    check_assets([*presets, *extra])
    return Plan(presets, extra, left_out)


def _wants(settings: AttackSettings, control: str) -> bool:
    """Whether a control is asked for."""
    return "auto" in settings.controls or control in settings.controls


def _say_left_out(left_out: dict[str, Any]) -> None:
    for name, reason in left_out.items():
        print(f"attack {name} is left out: {reason}", file=sys.stderr)
