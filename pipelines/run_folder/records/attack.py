"""The stage ``attack``: figures of every attack on every victim, and what they allow to be said."""

from __future__ import annotations

from dataclasses import dataclass

from ....attacks.statistics.rows import AttackRow, Comparison, TransferCell
from ....typed_json import Amount, Count, added, rare


@dataclass(frozen=True, kw_only=True)
class AttackStage:
    """The whole stage; what an older run has not is None or empty.

    Attributes:
        examples: texts
        query_budget: texts that one attack may show its victim
        verify_draws: fresh draws of noise that a claimed success is shown with
        seed: of the texts and of every attack
        dropped: what each attack lacks of its paper
        held_out: attacks that no victim was trained on
        rows: figures by victim and attack
        comparisons: paired tests
        transfer: texts made against one victim, shown to another
        conclusions: in sentences
        presets: the attacks
        extra: controls that are attacks themselves
        left_out: attacks that could not run, with the reason
    """

    examples: Count | None
    query_budget: Count | None
    verify_draws: Count | None
    seed: int | None
    dropped: dict[str, list[str]] = added(dict)
    held_out: list[str] = added(list)
    rows: list[AttackRow]
    comparisons: list[Comparison] = added(list)
    transfer: list[TransferCell] = added(list)
    conclusions: list[str] = added(list)
    presets: list[str] = added(list)
    extra: list[str] = added(list)
    left_out: dict[str, str] = added(dict)
    seconds: Amount | None = rare()
