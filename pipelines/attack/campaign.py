"""Many victims under many attacks: records, scores, paired tests, transfer, conclusions.

`attack` and `attack --sweep` both carry one out; they differ in whom they attack.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...attacks.noise import run_noise
from ...attacks.preset import Role
from ...attacks.presets.catalogue import is_search, preset, role_of
from ...attacks.presets.requirements import check_gradients
from ...attacks.progress import Progress
from ...attacks.records import Record, read_records, records_path
from ...attacks.runs import Example, run_attack
from ...attacks.statistics.compare import compare, victim_pairs
from ...attacks.statistics.scores import score
from ...attacks.statistics.summary import summary
from ...attacks.transfer import transfer_attacks
from ...attacks.victims import Classifier
from ...models.devices import find_device
from ..display.tables import robustness_table
from ..run_folder.run_folder import RunFolder
from ..settings.attack import AttackSettings
from ..settings.engine import EngineSettings
from .had import Had, Job
from .models import AttackedModel, load_victim
from .names import parse_victim

if TYPE_CHECKING:
    import torch

Row = dict[str, Any]


CLUSTER_SHARE = 0.25  # of a GPU, for each worker on a cluster


def gpu_share(device: torch.device, workers: int) -> float:
    """What of a GPU each worker is given; none where victims run on the CPU.

    The workers of this machine share its GPU; how many GPUs a cluster has is not known.

    Args:
        device: where victims run
        workers: of this machine; 0 for those of a cluster

    >>> import torch
    >>> gpu_share(torch.device("cpu"), 3), gpu_share(torch.device("cuda"), 3)
    (0.0, 0.3333)
    """
    if device.type == "cpu":
        return 0.0
    # Ray counts in ten thousandths; rounded down, or the last worker would find no room
    return 10_000 // workers / 10_000 if workers else CLUSTER_SHARE


@dataclass
class Campaign:
    """What all attacks of a campaign share.

    run: whose models are attacked; folder: of the records; settings: budget, draws, workers;
    examples: the texts; digests: what tells each victim from another of its name; seed: of all;
    replay: show adversarial texts to the other victims too, where the settings say so.
    """

    run: RunFolder
    folder: Path
    settings: AttackSettings
    examples: Sequence[Example]
    digests: dict[str, Any]
    seed: int
    engine: EngineSettings
    replay: bool = True
    _loaded: dict[str, Classifier] = field(default_factory=dict)

    def carry_out(self, jobs: Sequence[Job], had: Had | None = None) -> Row:
        """Do every job that is not done, and sum up.

        Args:
            jobs: what is to be done
            had: what is done and stays as it is, which is summed up with it

        Returns:
            ``examples``, ``query_budget``, ``seed``, ``verify_draws``, ``dropped`` by attack,
            ``held_out`` (the attacks that no victim was trained on), and the lists ``rows``,
            ``comparisons``, ``transfer`` and ``conclusions``.
        """
        check_gradients(jobs, self.load)
        before = had or Had()
        had, new = before.without(jobs), self._all_records(jobs)
        order = dict.fromkeys([*before.rows, *jobs])
        records = {job: new[job] if job in new else had.records[job] for job in order}
        rows = [had.rows.get(job) or self._row(*job, some) for job, some in records.items()]
        tests = compare_all(rows, records, self.seed)
        replay = self.replay and self.settings.transfer
        replayed = self._transfer(records, had.transfer) if replay else had.transfer
        searches = [name for _, name in records if is_search(name)]
        return {
            "examples": max(map(len, records.values()), default=len(self.examples)),
            "query_budget": self.settings.query_budget,
            "verify_draws": self.settings.verify_draws,
            "seed": self.seed,
            "dropped": {
                name: had.dropped[name] if name in had.dropped else list(preset(name).dropped)
                for name in searches
            },
            **summary(rows, tests, replayed),
        }

    def _all_records(self, jobs: Sequence[Job]) -> dict[Job, list[Record]]:
        """The records of every job; where the work is interrupted, what there is is printed."""
        attacked = len(self.examples) * sum(is_search(name) for _, name in jobs)
        try:
            with self._attackers() as pool, Progress(attacked) as bar:
                return {(v, name): self._records(v, name, pool, bar) for v, name in jobs}
        except KeyboardInterrupt:
            self._say_so_far(jobs)
            raise

    def load(self, victim: str) -> Classifier:
        """A victim, kept until another is loaded."""
        if victim not in self._loaded:
            self._loaded = {victim: self._loader()(victim)}
        return self._loaded[victim]

    def _loader(self) -> partial[Classifier]:
        """What makes a victim from its name, here or in another process."""
        where = self.run.path.resolve()
        return partial(
            load_victim, where, draws=self.settings.draws, engine=self.engine, seed=self.seed
        )

    @contextmanager
    def _attackers(self) -> Iterator[Any]:
        """Workers, or None where one process does it all."""
        if self.settings.workers == 1 and self.settings.ray is None:
            yield None
            return
        from ...attacks.workers.start import attack_pool  # with the optional Ray

        workers = 0 if self.settings.ray else self.settings.workers  # 0: all CPUs of the cluster
        share = gpu_share(find_device(self.engine.device), workers)
        with attack_pool(self._loader(), workers, self.settings.ray, share) as pool:
            yield pool

    def _records(self, victim: str, name: str, pool: Any, bar: Progress) -> list[Record]:
        """The records of one attack on one victim; ``bar`` is over all of them."""
        out = records_path(self.folder, victim, name)
        shared: Row = {"draws": self.settings.draws, **self.digests[victim]}
        verify = self.settings.verify_draws
        if not is_search(name):
            return run_noise(
                self.load(victim),
                self.examples,
                victim,
                out,
                seed=self.seed,
                verify_draws=verify,
                settings=shared,
            )
        return run_attack(
            pool or self.load(victim),
            self.examples,
            name,
            victim,
            out,
            seed=self.seed,
            query_budget=self.settings.query_budget,
            verify_draws=verify,
            settings=shared,
            progress=bar,
        )

    def _row(self, victim: str, name: str, records: Sequence[Record]) -> Row:
        model = AttackedModel(self.run, parse_victim(victim))
        seen = name in model.trained_on()
        facts = model.describe() | {"trained_on": seen}
        return {"victim": victim, "attack": name, **facts, **score(records)}

    def _transfer(self, records: dict[Job, list[Record]], done: Sequence[Row]) -> list[Row]:
        """Adversarial texts of every victim shown to all others, attack by attack.

        Cells that are ``done`` are taken over.
        """
        by_attack: dict[str, dict[str, list[Record]]] = {}
        for (victim, name), some in records.items():
            if is_search(name):
                by_attack.setdefault(name, {})[victim] = some
        draws = self.settings.verify_draws
        return transfer_attacks(by_attack, self.load, self.seed, draws, progress=True, done=done)

    def _say_so_far(self, jobs: Sequence[Job]) -> None:
        """Print the table of what is done, where the work was interrupted."""
        rows = []
        for victim, name in jobs:
            path = records_path(self.folder, victim, name)
            records = read_records(path)[1] if path.is_file() else []
            if records:
                rows.append({"victim": victim, "attack": name, **score(records)})
        if rows:
            print(f"so far:\n{robustness_table(rows)}", file=sys.stderr)


def compare_all(rows: Sequence[Row], records: dict[Job, list[Record]], seed: int) -> list[Row]:
    """Paired tests of every difference, attack by attack, over the texts that both have."""
    tests = []
    # controls and diagnostics compare nothing, and would only make the correction stricter
    compared = [row["attack"] for row in rows if role_of(row["attack"]) is Role.ATTACK]
    for name in dict.fromkeys(compared):
        for a, b in victim_pairs([row for row in rows if row["attack"] == name]):
            pair = _in_common(records[a, name], records[b, name])
            tests.append(compare(*pair, victim_a=a, victim_b=b, attack=name, seed=seed))
    return tests


def _in_common(a: Sequence[Record], b: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Of both victims the records of texts that the other has too."""
    both = {record.index for record in a} & {record.index for record in b}
    first, second = ([record for record in some if record.index in both] for some in (a, b))
    return first, second
