"""The stage ``attack`` as a report reads it: rows with their records, paired tests, transfer."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ....attacks.preset import Role
from ....attacks.presets.catalogue import role_of
from ....attacks.records import Record, read_records, records_path
from .checked_json import Value

COUNTS = ("n", "errors", "attacked", "successes", "verified")
RATES = (
    "clean_accuracy",
    "accuracy_under_attack",
    "verified_accuracy",
    "success_rate",
    "verified_rate",
    "unverified_share",
)
MEANS = ("words_changed", "similarity", "queries", "queries_median", "queries_q90")
KINDS = ("ann", "snn", "finetuned")


@dataclass(frozen=True)
class AttackRow:
    """One attack on one victim.

    ``figures`` as `attacks.scores.score` gives them, None for what an older run has not measured;
    ``base`` the victim without its control; ``control`` "" for none; ``trained_on``: whether the
    victim was tuned on texts of this attack.
    """

    victim: str
    attack: str
    steps: int | None
    figures: dict[str, float | None]
    records: list[Record]
    encoder: str | None = None
    base: str = ""
    control: str = ""
    trained_on: bool = False

    @property
    def kind(self) -> str:
        """For its colour: ann, snn or finetuned; "ink" for another."""
        return next((kind for kind in KINDS if self.victim.startswith(kind)), "ink")

    @property
    def main(self) -> bool:
        """Whether it is a model under a true attack, and no control."""
        return not self.control and role_of(self.attack) is Role.ATTACK


@dataclass(frozen=True)
class Comparison:
    """A paired test as `attacks.compare` gives it; figures over no text are None."""

    victim_a: str
    victim_b: str
    attack: str
    outcome: str
    n: int
    only_a: int
    only_b: int
    figures: dict[str, float | None]

    @property
    def significant(self) -> bool:
        """Whether p is below 0.05 after correction."""
        p = self.figures["p_corrected"]
        return p is not None and p < 0.05


@dataclass(frozen=True)
class TransferCell:
    """Texts made against ``source`` shown to ``target``."""

    source: str
    target: str
    attack: str
    n: int
    successes: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Attacks:
    """The whole stage; what an older run has not is None or empty."""

    examples: int | None
    query_budget: int | None
    seed: int | None
    presets: list[str]
    left_out: dict[str, str]
    rows: list[AttackRow]
    verify_draws: int | None = None
    dropped: dict[str, list[str]] = field(default_factory=dict)
    comparisons: list[Comparison] = field(default_factory=list)
    transfer: list[TransferCell] = field(default_factory=list)
    conclusions: list[str] = field(default_factory=list)


def read_attacks(value: Value, folder: Path) -> Attacks:
    """The stage ``attack`` of results.json, with the records in ``folder``.

    Raises:
        InputError: something is missing or damaged; the message names the place.
    """
    return Attacks(
        examples=value.optional("examples", Value.whole),
        query_budget=value.optional("query_budget", Value.whole),
        seed=value.optional("seed", Value.whole),
        presets=value.optional("presets", lambda v: v.each(Value.text)) or [],
        left_out=value.optional("left_out", lambda v: v.entries(Value.text)) or {},
        rows=value["rows"].each(lambda row: _row(row, folder)),
        verify_draws=value.optional("verify_draws", Value.whole),
        dropped=value.optional("dropped", lambda v: v.entries(_texts)) or {},
        comparisons=value.optional("comparisons", lambda v: v.each(_comparison)) or [],
        transfer=value.optional("transfer", lambda v: v.each(_cell)) or [],
        conclusions=value.optional("conclusions", _texts) or [],
    )


def _texts(value: Value) -> list[str]:
    return value.each(Value.text)


def _row(value: Value, folder: Path) -> AttackRow:
    names = [*COUNTS, *MEANS]
    for rate in RATES:
        names += [rate, f"{rate}_low", f"{rate}_high"]
    victim, attack = value["victim"].text(), value["attack"].text()
    _, records = read_records(records_path(folder, victim, attack))
    return AttackRow(
        victim=victim,
        attack=attack,
        steps=value.optional("steps", Value.whole),
        figures={name: value.optional(name, Value.number) for name in names},
        records=records,
        encoder=value.optional("encoder", Value.text),
        base=value.optional("base", Value.text) or victim,
        control=value.optional("control", Value.text) or "",
        trained_on=value.optional("trained_on", Value.flag) or False,
    )


def _comparison(value: Value) -> Comparison:
    names = ("accuracy_a", "accuracy_b", "difference", "low", "high", "p", "p_corrected")
    return Comparison(
        victim_a=value["victim_a"].text(),
        victim_b=value["victim_b"].text(),
        attack=value["attack"].text(),
        outcome=value.optional("outcome", Value.text) or "verified",
        n=value["n"].whole(),
        only_a=value["only_a"].whole(),
        only_b=value["only_b"].whole(),
        figures={name: value.optional(name, Value.number) for name in names},
    )


def _cell(value: Value) -> TransferCell:
    return TransferCell(
        source=value["source"].text(),
        target=value["target"].text(),
        attack=value["attack"].text(),
        n=value["n"].whole(),
        successes=value["successes"].whole(),
        rate=value.optional("rate", Value.number),
        low=value.optional("low", Value.number),
        high=value.optional("high", Value.number),
    )
