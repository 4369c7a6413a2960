"""How good the model after a round is: attacked anew, on texts that it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...attacks.records import Record, records_path
from ...attacks.runs import run_attack
from ...checked_json import read_plain
from ...engine.classifier import ModelClassifier
from ...engine.evaluate import accuracy
from ...models.saving import weights_hash
from .adversarial_texts import accuracy_under_attack, examples_of_round, outcome
from .tuning import Tuning

DRAWS = 8
"""Noise draws averaged for a stochastic encoder while it is attacked."""


def attack_round(tuning: Tuning, split: str, number: int) -> dict[str, list[Record]]:
    """Attack texts of a split on the model after ``number`` rounds; resumes text by text."""
    settings, folder = tuning.settings, tuning.folder(number)
    sizes = {"train": settings.adversarial_texts, "dev": settings.adversarial_dev_texts}
    # other training texts every round, but always the same dev texts
    turn = number + 1 if split == "train" else 1
    examples = examples_of_round(tuning.texts.dataset.split(split), sizes[split], turn, tuning.seed)
    model, classes = tuning.model(number)
    classifier = ModelClassifier(
        tuning.texts.stage, model, classes, DRAWS, **tuning.engine.choice()
    )
    weights = weights_hash(folder)[:16]
    records = tuning.run.folder(tuning.stage) / "attacked"
    return {
        attack: run_attack(
            classifier,
            examples,
            attack,
            f"{tuning.base} after {number} rounds, {split}",
            records_path(records, f"{split}-{number}", attack),
            seed=tuning.seed,
            query_budget=settings.adversarial_budget,
            settings={"weights": weights, "draws": DRAWS, "split": split},
        )
        for attack in tuning.attacks
    }


def score_round(
    tuning: Tuning, number: int, attacked: Mapping[str, list[Record]]
) -> dict[str, Any]:
    """The score of the model after ``number`` rounds, and what it is made of.

    Args:
        tuning: of which model
        number: of rounds
        attacked: what became of the dev texts, by attack
    """
    model, _ = tuning.model(number)
    clean = accuracy(tuning.logits(model, "dev"), tuning.texts.labels["dev"])
    under = accuracy_under_attack(attacked)
    place = tuning.folder(number) / "training.json"
    trained = read_plain(place, "a training", "remove it, and fine-tune again") if number else {}
    return {
        "round": number,
        "dev_accuracy": clean,
        "accuracy_under_attack": under,
        "dev_score": (clean + under) / 2,
        "dev": {name: outcome(records) for name, records in attacked.items()},
        **trained,
    }
