"""What fine-tuning records of adversarial rounds, and of a target of operations."""

from __future__ import annotations

from dataclasses import dataclass

from ....typed_json import Amount, Count, Share, rare


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How many texts were attacked, and with what result."""

    texts: Count
    errors: Count
    skipped: Count
    successes: Count
    verified: Count


@dataclass(frozen=True, kw_only=True)
class Round:
    """The model after so many rounds; outcomes by attack. The last has no training texts."""

    round: Count
    dev_accuracy: Share
    accuracy_under_attack: Share
    dev_score: float
    dev: dict[str, Outcome]
    best_epoch: Count | None = rare()
    epochs: Count | None = rare()
    train: dict[str, Outcome] = rare(dict)


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """The attacks that a model was tuned on, and how many adversarial texts they gave."""

    attacks: list[str]
    texts: Count
    best_round: Count
    rounds: list[Round]


@dataclass(frozen=True, kw_only=True)
class Operations:
    """Operations a dev text by spikes of neurons, before and after, and what share is wanted."""

    target: Share
    before: Amount
    after: Amount
