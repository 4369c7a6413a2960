"""Which attacks on which victims an attack is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...attacks.presets.catalogue import is_search, unlimited_attacks
from ...attacks.presets.noise import NOISE
from ...attacks.presets.requirements import check_assets, chosen_presets
from ...attacks.victim_name import VictimName
from ...errors import InputError
from ..run_folder.run_folder import RunFolder
from ..settings.attack import AttackSettings
from .had import Job
from .models import AttackedModel


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


def make_plan(settings: AttackSettings, language: str) -> Plan:
    """The attacks that are asked for, and the controls among attacks that can run here."""
    presets, left_out = chosen_presets(settings.presets, language)
    extra = [NOISE.name] if wants(settings, "noise") else []
    unlimited = [name for name in unlimited_attacks(language) if name not in presets]
    for name in unlimited if wants(settings, "unlimited") else ():
        try:
            check_assets([name])
            extra.append(name)
        except InputError as error:
            if "unlimited" in settings.controls:
                raise
            left_out[name] = str(error)
    check_assets([*presets, *extra])
    return Plan(presets, extra, left_out)


def wants(settings: AttackSettings, control: str) -> bool:
    """Whether a control is asked for."""
    return "auto" in settings.controls or control in settings.controls
