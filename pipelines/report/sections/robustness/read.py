"""What the robustness section reads: the stage ``attack``, and the records of every attack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .....attacks.preset import Role
from .....attacks.presets.catalogue import role_of
from .....attacks.records import Record, read_records, records_path
from .....attacks.runs import first_drawn
from .....attacks.statistics.rows import AttackRow, Scores
from ....quality.chance import while_used
from ....run_folder.records.attack import AttackStage
from ...drawing.looks import PLAIN, Looks
from ...read import Run


@dataclass(frozen=True)
class AttackResult:
    """One attack on one victim: its row in the stage, the record of each text, and looks."""

    row: AttackRow
    records: list[Record]
    looks: Looks = PLAIN

    @property
    def victim(self) -> str:
        """The victim's name."""
        return self.row.victim

    @property
    def attack(self) -> str:
        """The attack's name."""
        return self.row.attack

    @property
    def scores(self) -> Scores:
        """Its figures."""
        return self.row.scores

    @property
    def style(self) -> str:
        """For its colour: see `Looks.style`."""
        return self.looks.style(self.victim)

    @property
    def main(self) -> bool:
        """Whether it is a model under a true attack, and no control."""
        return not self.row.control and role_of(self.attack) is Role.ATTACK


@dataclass(frozen=True)
class RobustnessFigures:
    """The stage with its records; dataset, classes, language: of the texts; last: the run's last
    model; warning: of networks at chance."""

    stage: AttackStage
    results: list[AttackResult]
    dataset: str
    classes: list[str]
    last: str
    warning: str | None

    @property
    def weakest(self) -> dict[str, AttackResult]:
        """The attack that leaves the last model least accuracy: its result by victim."""
        results = [
            result
            for result in self.results
            if result.main and result.scores.accuracy_under_attack is not None
        ]
        own = [result for result in results if result.victim == self.last]
        if not own:
            return {}
        attack = min(own, key=lambda result: result.scores.accuracy_under_attack or 0.0).attack
        return {result.victim: result for result in results if result.attack == attack}


def read_robustness(run: Run) -> RobustnessFigures | None:
    """The figures of the section; None where nothing was attacked.

    Raises:
        InputError: something is missing or damaged; the message names the place and the command
            that makes the stage again.
    """
    if "attack" not in run.results:
        return None
    with run.folder.reading("attack"):
        stage = run.folder.record("attack", AttackStage, run.results)
        folder = run.path / "attack"
        results = [
            AttackResult(row, _records(folder, row, stage.seed), run.looks) for row in stage.rows
        ]
    warning = while_used(run.models, "attack")
    return RobustnessFigures(stage, results, run.name, run.classes, run.last or "ann", warning)


def _records(folder: Path, row: AttackRow, seed: int | None) -> list[Record]:
    """The records that a row sums up: its file has more where a longer attack was stopped."""
    records = read_records(records_path(folder, row.victim, row.attack))[1]
    n = row.scores.n
    return records if n is None or seed is None else first_drawn(records, n, seed)
