"""The rows of robustness figures as they are kept: one class is written and read back."""

from __future__ import annotations

from dataclasses import dataclass

from ...typed_json import Amount, Count, Share, Steps, added, inline


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The figures of one attack on one victim, as `scores.score` gives them.

    Counts of texts, rates with their 95 % interval, means; None over no text, and of what an older
    run has not measured.
    """

    n: Count | None
    errors: Count | None
    attacked: Count | None
    successes: Count | None
    verified: Count | None
    clean_accuracy: Share | None
    clean_accuracy_low: Share | None
    clean_accuracy_high: Share | None
    accuracy_under_attack: float | None
    accuracy_under_attack_low: float | None
    accuracy_under_attack_high: float | None
    verified_accuracy: Share | None
    verified_accuracy_low: Share | None
    verified_accuracy_high: Share | None
    success_rate: Share | None
    success_rate_low: Share | None
    success_rate_high: Share | None
    verified_rate: Share | None
    verified_rate_low: Share | None
    verified_rate_high: Share | None
    unverified_share: Share | None
    unverified_share_low: Share | None
    unverified_share_high: Share | None
    words_changed: Amount | None
    similarity: float | None
    queries: Amount | None
    queries_median: Amount | None
    queries_q90: Amount | None
    largest_class_share: Share | None = added(None)


@dataclass(frozen=True, kw_only=True)
class AttackRow:
    """One attack on one victim.

    Attributes:
        victim: its name
        attack: its name
        base: the victim without its control
        control: its name, "" for none
        encoder: its input code, None for an ANN
        steps: its T, None for an ANN
        trained_on: whether the victim was tuned on texts of this attack
        scores: the figures, which stand among these in the file
    """

    victim: str
    attack: str
    base: str = added("")
    control: str = added("")
    encoder: str | None
    steps: Steps | None
    trained_on: bool = added(False)
    scores: Scores = inline()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A paired test as `compare.compare` gives it; figures over no text are None."""

    victim_a: str
    victim_b: str
    attack: str
    outcome: str = added("verified")
    n: Count
    excluded: Count | None
    accuracy_a: Share | None
    accuracy_b: Share | None
    difference: float | None
    low: float | None
    high: float | None
    success_difference: float | None
    success_low: float | None
    success_high: float | None
    only_a: int
    only_b: int
    p: float | None
    p_corrected: float | None

    @property
    def significant(self) -> bool:
        """Whether p is below 0.05 after correction."""
        return self.p_corrected is not None and self.p_corrected < 0.05


@dataclass(frozen=True, kw_only=True)
class TransferCell:
    """Texts made against ``source`` shown to ``target``."""

    source: str
    target: str
    attack: str
    n: Count
    successes: Count
    rate: Share | None
    low: float | None
    high: float | None
