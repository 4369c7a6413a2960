"""One click on an attack: one text, one attack that can run here, a budget that bounds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...attacks.presets.catalogue import preset
from ...attacks.presets.requirements import check_assets, default_presets
from ...engine.classifier import ModelClassifier
from ...errors import InputError

BUDGET = 300
Told = Callable[[int], None]


class Watched:
    """A classifier that says how many texts it was shown."""

    def __init__(self, inner: ModelClassifier, told: Told) -> None:
        self.inner, self._told, self._asked = inner, told, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def probabilities(self, texts: Sequence[str], seed: int = 0) -> np.ndarray:
        """As the classifier's."""
        self._asked += len(texts)
        self._told(self._asked)
        return self.inner.probabilities(texts, seed)


def ready(language: str) -> list[str]:
    """The attacks by search that can run here without anything being fetched.

    Raises:
        InputError: none can; why.
    """
    names, left_out = default_presets(language)
    if not names:
        reasons = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise InputError(f"no attack can run here: {reasons}")
    check_assets(names[:1])
    return [name for name in names if not preset(name).gradient]


def attack_once(
    classifier: ModelClassifier, text: str, name: str, told: Told, budget: int = BUDGET
) -> Any:
    """Attack one text, as if what the model says of it were right; an `attacks.records.Record`.

    Args:
        classifier: the victim
        text: what is attacked
        name: of the attack
        told: is told how many texts the victim was shown so far
        budget: the most that it may be shown

    Raises:
        InputError: something that the attack needs is missing.
    """
    check_assets([name])
    from ...attacks.attacker import Attacker
    from ...attacks.job import Example, Job

    label = int(classifier.probabilities([text])[0].argmax())
    job = Job("page", name, seed=0, query_budget=budget, verify_draws=51)
    victim: Any = Watched(classifier, told)
    return Attacker(victim, job).record(Example(0, text, label))
