"""What adversarial fine-tuning records of its rounds."""

from __future__ import annotations

from dataclasses import dataclass

from ....typed_json import rare


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How many texts were attacked, and with what result."""

    texts: int
    errors: int
    skipped: int
    successes: int
    verified: int


@dataclass(frozen=True, kw_only=True)
class Round:
    """The model after so many rounds; outcomes by attack. The last has no training texts."""

    round: int
    dev_accuracy: float
    accuracy_under_attack: float
    dev_score: float
    dev: dict[str, Outcome]
    best_epoch: int | None = rare()
    epochs: int | None = rare()
    train: dict[str, Outcome] = rare(dict)


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """The attacks that a model was tuned on, and how many adversarial texts they gave."""

    attacks: list[str]
    texts: int
    best_round: int
    rounds: list[Round]
