"""Preset: an attack by name, what it needs, and how it is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Any

from .assets.nltk import digest
from .victims import Victim

Build = Callable[[Victim, int], Any]
"""Makes the ``textattack.Attack`` for a victim and a query budget."""


class Role(Enum):
    """What the figures of an attack are read for."""

    ATTACK = "attack"
    """Robustness: victims are compared under it."""
    UNLIMITED = "unlimited"
    """A control that nothing holds back: where accuracy stays, the victim hides its scores."""
    NOISE = "noise"
    """A control that changes nothing: what fresh noise alone does to right predictions."""
    DIAGNOSTIC = "diagnostic"
    """No attack: predictions stay as they are, so what it leaves right is what was right before."""


@dataclass(frozen=True)
class Preset:
    """An attack by name.

    Attributes:
        name: on the command line and in results.
        language: of the texts, "en", "zh" or "any".
        needs: names of the `ASSETS` it cannot do without.
        build: makes the ``textattack.Attack`` for a victim and a query budget.
        description: what it does, its candidates and its limits.
        paper: where it comes from.
        dropped: what of the paper's attack is left out or done otherwise, each in a few words.
        uses: names of `ASSETS` that it takes where they are there, and names in `dropped` where
            they are not.
        auto: whether it runs where no attack was chosen: quick, and with small needs.
        plain: whether it attacks TextAttack's own texts, whose words may come and go.
        source: hash of the code that it comes from, for an attack of the user's.
        role: what its figures are read for.
        gradient: kind of gradient that it takes of its victim (`engine.gradients`); "" for a
            black-box attack.
    """

    name: str
    language: str
    needs: tuple[str, ...]
    build: Build
    description: str
    paper: str
    dropped: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    auto: bool = False
    plain: bool = False
    source: str = ""
    role: Role = Role.ATTACK
    gradient: str = ""

    def reads(self, language: str) -> bool:
        """Whether it is for texts in ``language``."""
        return self.language in (language, "any")

    def digest(self) -> str:
        """SHA-256 over the files of its assets, with the hash of the user's code if it is such."""
        data = digest(self.needs)
        return sha256(f"{data} {self.source}".encode()).hexdigest() if self.source else data
