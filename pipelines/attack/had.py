"""What a run has of attacks, and which of it a further attack takes over as it is.

Every file of records names what its records depend on (see `attacks.records`), so it is asked, not
the settings of the last command: attacks on a model that has been made anew with other weights, or
by a file of the user's that has changed, are of no use; all others stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...attacks.job import data_digest
from ...attacks.presets import is_attack_file
from ...attacks.presets.catalogue import is_search
from ...attacks.records import Record, read_records, records_path
from ...convert.recipes.old_names import by_names_of_today
from ...errors import InputError
from ..run_folder.fingerprints import difference
from ..run_folder.run_folder import RunFolder

Row = dict[str, Any]
Job = tuple[str, str]  # victim, attack

FIXED = ("query_budget", "draws", "verify_draws", "seed")
"""Settings that every record depends on, so that all attacks of a run have the same."""


@dataclass(frozen=True)
class Had:
    """Attacks that are done.

    Attributes:
        rows: figures by victim and attack.
        records: those of each row.
        transfer: cells between them.
        dropped: what each attack lacks of its paper.
    """

    rows: dict[Job, Row] = field(default_factory=dict)
    records: dict[Job, list[Record]] = field(default_factory=dict)
    transfer: list[Row] = field(default_factory=list)
    dropped: dict[str, list[str]] = field(default_factory=dict)

    def without(self, jobs: Collection[Job]) -> Had:
        """All but what comes of ``jobs``."""
        left = [job for job in self.rows if job not in jobs]
        attacks = {name for _, name in left}
        return Had(
            {job: self.rows[job] for job in left},
            {job: self.records[job] for job in left},
            [
                cell
                for cell in self.transfer
                if {(cell["source"], cell["attack"]), (cell["target"], cell["attack"])} <= {*left}
            ],
            {name: parts for name, parts in self.dropped.items() if name in attacks},
        )

    def lacks_transfer(self) -> bool:
        """Whether there are two victims of a search whose texts were not shown to one another."""
        there = {(cell["source"], cell["target"], cell["attack"]) for cell in self.transfer}
        return any(
            (source, target, attack) not in there
            for source, attack in self.rows
            for target, other in self.rows
            if attack == other and source != target and is_search(attack)
        )


def check_fixed(run: RunFolder, wanted: Mapping[str, Any]) -> None:
    """Refuse an attack by which not all of the run's attacks would be alike.

    Args:
        run: the run
        wanted: resolved settings

    Raises:
        InputError: names what differs, and what to do.
    """
    done, begun = run.results().get("attack"), run.config().get("attack")
    if done is None and not any(run.folder("attack").glob("*.jsonl")):
        return  # nothing depends on how it began, as where that was refused before the first text
    before = {k: v for k, v in (begun or done or {}).items() if k in FIXED and v is not None}
    now = {key: wanted[key] for key in before}
    if before != now:
        raise InputError(
            f"the stage 'attack' of {run.path} {'is done' if done else 'began'} with other settings"
            f"{difference(before, now)}, on which every record depends: give the same ones to add "
            "to it, attack in a copy of the run, or begin again with --force, which drops its "
            "records"
        )


def read_had(run: RunFolder, digests: Mapping[str, Any], order: Sequence[int]) -> Had:
    """The attacks of a run whose victims are those of ``digests``, with their records.

    Args:
        run: the run
        digests: what tells each victim from others of its name
        order: indices of the texts, as they are drawn

    Raises:
        InputError: a file of records is missing or damaged.
    """
    found = run.results().get("attack", {})
    folder = run.folder("attack")
    rows = {
        (row["victim"], row["attack"]): row
        for row in found.get("rows", [])
        if row["victim"] in digests
        and not is_of_other(folder, (row["victim"], row["attack"]), digests[row["victim"]])
    }
    records = {job: _first(records_path(folder, *job), order[: rows[job]["n"]]) for job in rows}
    return Had(rows, records, found.get("transfer", []), found.get("dropped", {})).without(())


def _first(path: Path, wanted: Sequence[int]) -> list[Record]:
    """The records of the texts ``wanted``: there are more where a longer attack was stopped."""
    there = {record.index: record for record in read_records(path)[1]}
    lacking = [index for index in wanted if index not in there]
    if lacking:
        raise InputError(
            f"expected the records of {len(wanted)} texts in {path}, but {len(lacking)} of them "
            "are missing; put the file back, or begin again with --force"
        )
    return [there[index] for index in wanted]


def has_to_be_repeated(folder: Path, job: Job) -> bool:
    """Whether the machine ran out of something while a job's texts were attacked."""
    path = records_path(folder, *job)
    return path.is_file() and any(record.failed_outside for record in read_records(path)[1])


def is_of_other(folder: Path, job: Job, digest: Mapping[str, Any]) -> bool:
    """Whether the records of a job are of another victim of its name.

    Args:
        folder: of the records
        job: victim and attack
        digest: what tells the victim from others of its name
    """
    of = _configuration(folder, job)
    if of is None:
        return False
    settings = {name: value for name, value in of["settings"].items() if name != "draws"}
    return bool(settings != json.loads(json.dumps(dict(digest))))


def is_changed(folder: Path, job: Job) -> bool:
    """Whether the records of a job are by a file of the user's that is another now."""
    of = _configuration(folder, job) if is_attack_file(job[1]) else None
    return of is not None and of.get("data") != data_digest(job[1])


def _configuration(folder: Path, job: Job) -> Row | None:
    """What the records of a job depend on, by names of today; None where there are none."""
    path = records_path(folder, *job)
    if not path.is_file() or b"\n" not in path.read_bytes():
        return None
    return dict(by_names_of_today(read_records(path)[0]["configuration"]))
