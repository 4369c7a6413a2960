"""What is searched: options by name, each with its values, read from a YAML file.

train.lr: {low: 5.0e-4, high: 5.0e-3, log: true}     a range; of whole numbers where both are
train.widths: [[3, 4, 5], [2, 3, 4]]                 a list of values
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...files import read_yaml_mapping
from ...formatting import meant
from ..settings.fields import extended
from ..settings.search import SearchSettings

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

DEFAULT = Path(__file__).with_name("default_space.yaml")
STAGES = ("train", "convert", "finetune")
Chosen = Mapping[str, Any]
"""Values by the name of their option, as in ``train.lr``."""


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``; whole ones where both are; ``log``: by their logarithm."""

    low: float
    high: float
    log: bool = False

    def distribution(self) -> BaseDistribution:
        """As Optuna has it."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if isinstance(self.low, int) and isinstance(self.high, int):
            return IntDistribution(self.low, self.high, log=self.log)
        return FloatDistribution(float(self.low), float(self.high), log=self.log)

    def value(self, drawn: Any) -> Any:
        """What an option is set to; digits beyond the fourth would tell nobody anything."""
        if isinstance(drawn, int):
            return drawn
        return min(max(float(f"{drawn:.4g}"), self.low), self.high)

    def samples(self) -> tuple[Any, ...]:
        """Both ends, which must be values that the option takes."""
        return self.low, self.high


@dataclass(frozen=True)
class OneOf:
    """A list of values; Optuna draws the text that stands for one."""

    values: tuple[Any, ...]

    def distribution(self) -> BaseDistribution:
        """As Optuna has it."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(list(map(json.dumps, self.values)))

    def value(self, drawn: Any) -> Any:
        """What an option is set to."""
        found = json.loads(drawn)
        return tuple(found) if isinstance(found, list) else found

    def samples(self) -> tuple[Any, ...]:
        """All of them."""
        return tuple(self.value(json.dumps(value)) for value in self.values)


Space = Mapping[str, Range | OneOf]


def read_space(path: Path | str | None, settings: SearchSettings) -> Space:
    """The space of a file, or the default one; every value is tried on ``settings`` first.

    Raises:
        InputError: not YAML, no such option, no values, or a value that the option does not take.
    """
    place = DEFAULT if path is None else Path(path)
    content = read_yaml_mapping(place, "a space of options")
    space: dict[str, Range | OneOf] = {}
    for name, values in content.items():
        space[str(name)] = found = _values(str(name), values, place)
        for value in found.samples():
            with_options(settings, {str(name): value})
    if not space:
        raise InputError(f"expected options with their values in {place}, but it has none")
    return space


def _values(name: str, values: Any, place: Path) -> Range | OneOf:
    """The values of one option.

    Raises:
        InputError: they are neither a range nor a list of two or more.
    """
    if isinstance(values, list) and len(set(map(json.dumps, values))) == len(values) > 1:
        return OneOf(tuple(values))
    if isinstance(values, dict) and {"low", "high"} <= values.keys() <= {"low", "high", "log"}:
        low, high, log = values["low"], values["high"], values.get("log", False)
        numbers = all(type(x) in (int, float) and math.isfinite(x) for x in (low, high))
        if numbers and isinstance(log, bool) and low < high and (low > 0 or not log):
            return Range(low, high, log)
    raise InputError(
        f"expected a list of two or more different values for {name} in {place}, or a range as in "
        "{low: 0.1, high: 0.5}, with log: true above 0 alone, but got " + f"{str(values)[:80]!r}"
    )


def with_options(settings: SearchSettings, chosen: Chosen) -> SearchSettings:
    """``settings`` with other values of some options.

    Raises:
        InputError: there is no such option, or it does not take the value.
    """
    for name, given in chosen.items():
        value = tuple(given) if isinstance(given, list) else given  # as a file has it
        stage, _, option = name.partition(".")
        known = _options(settings)
        if name not in known:
            raise InputError(
                f"expected options of {', '.join(STAGES)} in a space, as train.lr, but got "
                f"{name!r}{meant(name, known)}"
            )
        own = getattr(settings, stage)
        try:
            settings = replace(settings, **{stage: replace(own, **{option: value})})
        except TypeError as error:
            raise InputError(f"expected values that {name} takes, but got {value!r}") from error
    return settings


def _options(settings: SearchSettings) -> list[str]:
    """The names of all options that can be searched."""
    found = []
    for stage in STAGES:
        cls = extended(type(getattr(settings, stage)))
        found += [f"{stage}.{item.name}" for item in fields(cls)]
    return found
