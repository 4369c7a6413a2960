"""`snnconvert attack`: attack ANN and SNN on the same texts and score their robustness."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...attacks.presets import is_attack_file
from ...attacks.presets.requirements import check_language, with_words_of_language
from ...attacks.statistics.tables import write_robustness
from ...attacks.victim_name import VictimName
from ...convert.recipes.old_names import by_names_before
from ...errors import InputError
from ...formatting import listing
from ...models.devices import find_device
from ...progress import say
from ...text.foreign import NAMES, foreign_reason
from ..display.output import warn
from ..display.screen import columns, fitted
from ..quality.chance import warn_of
from ..run_folder.fingerprints import settings_dict
from ..run_folder.run_folder import RunFolder
from ..settings.attack import AttackSettings
from ..settings.engine import ENGINE, EngineSettings
from .campaign import Campaign
from .growth import Growth
from .had import check_fixed, has_to_be_repeated
from .models import AttackedModel, control_victims
from .names import parse_victims
from .plan import make_plan, wants

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

    What a run has been attacked with before stays as it is and is summed up with what is asked for
    now: further attacks, victims or texts are all that is done. Only attacks on models that have
    been made anew with other weights are done again, or left out where they are not asked for.

    Raises:
        InputError: no model to attack, an unknown victim or attack or one of another language,
            missing assets, or settings on which records depend that are not those of the attacks
            that are done.
    """
    find_device(engine.device)
    run = RunFolder(out)
    with run.locked():
        run.require("ann")
        check_language(settings.presets, _language(run))
        victims = _victims(settings.victims, run)
        controls = control_victims(run, victims) if wants(settings, "victims") else []
        digests = {str(v): AttackedModel(run, v).digest(seed) for v in (*victims, *controls)}
        resolved = settings_dict(settings, seed=seed, victims=digests)
        resolved = {key: value for key, value in resolved.items() if key not in HOW}
        if not force:
            check_fixed(run, resolved)
        if not force and _is_same(run, resolved):
            say(f"attack: already done in {run.path}")
            _say_left_out(run.results()["attack"].get("left_out", {}))
            _warn(run, settings, run.results()["attack"].get("presets", ()))
            return run
        plan = make_plan(settings, _language(run))
        jobs = plan.jobs(run, settings, victims, controls)
        _say_left_out(plan.left_out)
        grown = Growth(run, settings, resolved, jobs, plan, force)
        if grown.is_done:
            say(f"attack: already done in {run.path}")
        else:
            _attack(run, grown, engine)
        _warn(run, settings, plan.presets)
    return run


def _attack(run: RunFolder, grown: Growth, engine: EngineSettings) -> None:
    """Do what is to be done, and write down what the run then has."""
    started = time.monotonic()
    settings, seed = grown.settings, int(grown.resolved["seed"])
    grown.begin()
    folder, digests = run.folder("attack"), grown.resolved["victims"]
    campaign = Campaign(run, folder, settings, grown.examples, digests, seed, engine)
    figures = campaign.carry_out(grown.jobs, grown.had) | grown.plan_figures()
    write_robustness(folder, figures, str(run.require("data")["name"]))
    seconds = round(time.monotonic() - started + grown.seconds, 1)
    run.finish("attack", grown.resolved, figures | {"seconds": seconds})


def _is_same(run: RunFolder, resolved: dict[str, Any]) -> bool:
    """Whether exactly these attacks are all that the run has, and whole."""
    if any(map(is_attack_file, resolved["presets"])):  # the file may have changed
        return False
    stamps = [run.stamp("attack", kind) for kind in (resolved, by_names_before(resolved))]
    done = run.results().get("attack", {})
    if done.get("fingerprint") not in stamps or run.harm("attack"):
        return False
    failed = [(r["victim"], r["attack"]) for r in done.get("rows", []) if r.get("errors")]
    return not any(has_to_be_repeated(run.folder("attack"), job) for job in failed)


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
        stage = AttackedModel(run, name).stage
        if stage in done or name.code:
            chosen.append(name)
        elif tuple(wanted) != DEFAULT_VICTIMS:
            raise InputError(
                f"expected the model {stage!r} in {run.path}, but it has not been made yet"
            )
    return chosen


def _warn(run: RunFolder, settings: AttackSettings, presets: Sequence[str]) -> None:
    """Warn where the figures say nothing: of models at chance, of texts in another language."""
    warn_of(run.path, "attack", settings.victims)
    language, notes = _language(run), run.require("data").get("notes") or ()
    reason, names = foreign_reason(notes, language), with_words_of_language(presets)
    if reason and names:
        warn(
            f"{listing(names)} take{'s' * (len(names) == 1)} other words from {NAMES[language]} "
            f"data, but {reason}: if the texts are in another language, that a model withstands "
            "this is no robustness"
        )


def _say_left_out(left_out: dict[str, Any]) -> None:
    for name, reason in left_out.items():
        said = fitted(f"attack {name} is left out: {reason}", columns(sys.stderr))
        print(said, file=sys.stderr)
