"""An attack on a run that may have been attacked before: what is left to do, and what is kept."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from ...attacks.presets import is_attack_file
from ...attacks.records import check_apart, records_path
from ...attacks.runs import Example, select_examples
from ...attacks.victim_name import VictimName
from ...errors import InputError
from ...files import remove
from ..data import load_run_data
from ..run_folder.fingerprints import without
from ..run_folder.pruning import only
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import made_of
from ..settings.attack import AttackSettings
from .had import Had, Job, has_to_be_repeated, is_changed, is_of_other, read_had
from .models import AttackedModel
from .plan import Plan

Row = dict[str, Any]


class Growth:
    """What one call of `attack` adds to a run.

    Attributes:
        run: the run, locked
        settings: what is asked for
        resolved: the settings of all attacks that the run will have
        jobs: what is to be done of what is asked for
        had: what is done already and stays

    Args:
        asked: victims and attacks
        plan: the attacks by kind
        force: begin again, without what there is

    Raises:
        InputError: records that stay are missing or damaged, or two attacks would share a file.
    """

    def __init__(
        self,
        run: RunFolder,
        settings: AttackSettings,
        resolved: Row,
        asked: Sequence[Job],
        plan: Plan,
        force: bool,
    ) -> None:
        self.run, self.settings, self.plan, self.force = run, settings, plan, force
        self._before: Row = {} if force else run.results().get("attack", {})
        self._folder, self._seed = run.folder("attack"), int(resolved["seed"])
        digests = resolved["victims"] | self._others(resolved["victims"])
        self._harm = run.harm("attack") if self._before else ""
        self._count = settings.examples
        if self._harm:  # what there is of them is looked at again, text by text
            rows = [(row["victim"], row["attack"]) for row in self._before["rows"]]
            asked = list(dict.fromkeys([*(job for job in rows if job[0] in digests), *asked]))
            self._count = max(self._count, self._before.get("examples") or 0)
        self._check_code(asked)
        self.had = Had() if force or self._harm else read_had(run, digests, self._order)
        check_apart(name for _, name in (*self.had.rows, *asked))
        self.jobs = [job for job in asked if self._waits(job)]
        self._stale = []
        if not force:
            self._stale = [j for j in self.jobs if is_of_other(self._folder, j, digests[j[0]])]
        shown = {*resolved["victims"], *(victim for victim, _ in (*self.had.rows, *asked))}
        victims = {name: digest for name, digest in digests.items() if name in shown}
        self.resolved = self._merged(resolved) | {"victims": victims}

    def _check_code(self, asked: Sequence[Job]) -> None:
        """Refuse to run a Python file because a run folder names it; the user must."""
        for _, name in asked:
            if is_attack_file(name) and name not in self.settings.presets:
                raise InputError(
                    f"the run was attacked with the file {name}, whose code is run only where you "
                    f"name it: give it with --presets, or begin again with --force"
                )

    def _others(self, asked: Row) -> Row:
        """What tells apart the victims that were attacked before, where they are there still."""
        found: Row = {}
        there = self.run.results()
        for row in self._before.get("rows", []):
            name = VictimName.of(row["victim"])
            if str(name) not in asked and made_of(str(name))[0] in there:
                found[str(name)] = AttackedModel(self.run, name).digest(self._seed)
        return found

    def _waits(self, job: Job) -> bool:
        """Whether a job is not done on all texts, or is one of a file that has changed."""
        row = self.had.rows.get(job)
        if row is None or row["n"] < len(self.examples) or is_changed(self._folder, job):
            return True
        return bool(row.get("errors")) and has_to_be_repeated(self._folder, job)

    @cached_property
    def _texts(self) -> list[Example]:
        """All test texts, in the order in which they are drawn."""
        test = load_run_data(self.run).test
        return select_examples(test.texts, test.labels, len(test), self._seed)

    @property
    def _order(self) -> list[int]:
        return [example.index for example in self._texts]

    @property
    def examples(self) -> list[Example]:
        """The texts that are asked for."""
        return self._texts[: self._count]

    @property
    def lost(self) -> list[Job]:
        """What was done before on models that have been made anew since."""
        done = [(row["victim"], row["attack"]) for row in self._before.get("rows", [])]
        return [job for job in done if job not in self.had.rows and job not in self.jobs]

    @property
    def is_done(self) -> bool:
        """Whether all that is asked for is there."""
        open_cells = self.settings.transfer and self.had.lacks_transfer()
        return not (self.force or self.jobs or self.lost or open_cells or not self._before)

    @property
    def seconds(self) -> float:
        """What attacks before took, that stay."""
        return float(self._before.get("seconds") or 0.0) if self.had.rows else 0.0

    def begin(self) -> None:
        """Write down what is to be done; figures and records that are of no use go before."""
        self._say()
        left = self._before
        stale = [records_path(self._folder, *job) for job in self._stale]
        if left:
            kept = {*self.had.rows, *self.jobs} - {*self._stale}
            left = only(left, lambda *job: job in kept)
            files = without(left.get("files", {}), tuple(path.name for path in stale))
            self.run.replace("attack", left | {"files": files} if left else left)
        self.run.begin("attack", self.resolved, self.force)
        for path in stale:
            remove(path)

    def plan_figures(self) -> Row:
        """What the stage says of attacks: those of before among them."""
        there = [name for _, name in (*self.had.rows, *self.jobs)]
        before = self._before

        def both(name: str, now: Sequence[str]) -> list[str]:
            known = [attack for attack in before.get(name, []) if attack in there]
            return list(dict.fromkeys([*known, *now]))

        left_out = before.get("left_out", {}) | self.plan.left_out
        return {
            "presets": both("presets", self.plan.presets),
            "extra": both("extra", self.plan.extra),
            "left_out": {name: why for name, why in left_out.items() if name not in there},
        }

    def _merged(self, asked: Row) -> Row:
        """The settings of all attacks of the run."""
        config = self.run.config().get("attack", {})
        if not self.had.rows or not config:
            return asked
        merged = asked | {"examples": max(asked["examples"], int(config.get("examples") or 0))}
        merged["transfer"] = asked["transfer"] or bool(config.get("transfer"))
        if config.get("presets") != asked["presets"]:
            merged["presets"] = self.plan_figures()["presets"]
        controls = [*config.get("controls", []), *asked["controls"]]
        some = [name for name in dict.fromkeys(controls) if name != "none"] or ["none"]
        merged["controls"] = ["auto"] if "auto" in some else some
        # made in several steps, so not everything is attacked by everything: another fingerprint
        # than that of a run that was attacked so at once
        return merged | {"grown": True}

    def _say(self) -> None:
        if self._harm:
            print(f"attack is made again, since {self._harm}", file=sys.stderr)
        for victims, what in (
            ([victim for victim, _ in self._stale], "is attacked again"),
            ([victim for victim, _ in self.lost], "is left out, as it is not asked for"),
        ):
            for victim in dict.fromkeys(victims):
                print(f"{victim} {what}: its model was made anew since", file=sys.stderr)
