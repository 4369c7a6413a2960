"""The settings of `snnconvert attack`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ...attacks.presets import PRESETS, is_attack_file
from ...convert.thresholds import RULES
from ...models.encoders import ENCODERS
from ...options import Choices
from .fields import Settings, option


class AttackNames(Collection[str]):
    """What `--presets` takes: "auto", the attacks that are registered now, and Python files."""

    def __iter__(self) -> Iterator[str]:
        yield from ("auto", *PRESETS)

    def __len__(self) -> int:
        return 1 + len(PRESETS)

    def __contains__(self, value: object) -> bool:
        return value == "auto" or value in PRESETS or is_attack_file(str(value))


@dataclass(frozen=True)
class AttackSettings(Settings):
    """Robustness evaluation with TextAttack."""

    presets: tuple[str, ...] = option(
        ("auto",),
        "attacks, separated by commas, by name or as a file ATTACK.py (auto: the quick ones of the "
        "language that can run here)",
        AttackNames(),
    )
    examples: int = option(100, "test texts attacked, the same for every model", least=1)
    query_budget: int = option(500, "most model queries per text", least=1)
    victims: tuple[str, ...] = option(
        ("ann", "snn", "finetuned", "ann-adversarial", "snn-adversarial"),
        "models to attack (of the default ones, those that are made); also those of a conversion "
        "with a name (snn@t4, finetuned@t4), the SNN with another "
        "code and T (snn@poisson:7) or threshold rule (snn@saf:7:max), and controls (ann+noise, "
        "ann+levels, snn+deterministic)",
    )
    controls: tuple[str, ...] = option(
        ("auto",),
        "what says what a difference is made of: victims (the ANN with the SNN's noise, or with "
        "T + 1 score levels; the SNN without noise), noise alone, an attack without limits "
        "(auto: all that apply)",
        ("auto", "none", "victims", "noise", "unlimited"),
    )
    draws: int = option(8, "noise draws averaged for a stochastic encoder", least=1)
    verify_draws: int = option(
        51, "fresh draws on which adversarial texts of a stochastic victim are verified", least=1
    )
    transfer: bool = option(True, "replay adversarial texts of each victim on every other")
    workers: int = option(1, "processes on this machine (more than 1: with ray)", least=1)
    ray: str | None = option(None, "address of a Ray cluster, instead of --workers")


@dataclass(frozen=True)
class AttackSweepSettings(Settings):
    """What `attack --sweep` tries: every code at every T with every threshold rule."""

    encoders: tuple[str, ...] = option(("direct", "saf", "poisson"), "input codes", ENCODERS)
    steps: tuple[int, ...] = option((2, 4, 8), "numbers of steps T", least=1)
    thresholds: tuple[str, ...] = option(
        ("recipe",),
        "threshold rules (recipe: that of the run's SNN)",
        Choices("recipe", RULES),
    )
