"""The settings of `snnconvert convert`."""

from __future__ import annotations

from dataclasses import Field, dataclass, field
from typing import Any

from ...convert.recipes.options import RecipeOption, recipe_options
from ...convert.recipes.published import PUBLISHED
from ...models.encoders import ENCODERS
from .fields import Settings, option

_OPTIONS = recipe_options()


def of_recipe(name: str) -> Any:
    """The option ``name`` of recipes, which is left to the recipe where it is not given."""
    return _left_to_recipe(_OPTIONS[name])


def _left_to_recipe(item: RecipeOption) -> Any:
    return field(default=None, metadata={**item.metadata, "shown": "the recipe's"})


@dataclass(frozen=True)
class ConvertSettings(Settings):
    """The conversion: a recipe, and what is chosen otherwise.

    An option that is None is left to the recipe, so a default never overrides what a recipe says.
    """

    recipe: str = option(
        "default",
        f"{', '.join(PUBLISHED)}, or a YAML file (as RUN/snn/recipe.yaml); the other options "
        "change it",
    )
    calibration: int = option(512, "training texts that thresholds are balanced on", least=1)
    steps: int | None = of_recipe("steps")
    encoder: str | None = of_recipe("encoder")
    mapping: str | None = of_recipe("mapping")
    threshold: str | None = of_recipe("threshold")
    granularity: str | None = of_recipe("granularity")
    percentile: float | None = of_recipe("percentile")
    source: str | None = of_recipe("source")
    location: str | None = of_recipe("location")
    threshold_value: float | None = of_recipe("threshold_value")
    normalise: str | None = of_recipe("normalise")
    initial: float | None = of_recipe("initial")
    bias_shift: bool | None = of_recipe("bias_shift")
    reset: str | None = of_recipe("reset")
    neuron: str | None = of_recipe("neuron")
    leak: float | None = of_recipe("leak")
    burst: int | None = of_recipe("burst")
    negative: float | None = of_recipe("negative")
    current_decay: float | None = of_recipe("current_decay")
    voltage_decay: float | None = of_recipe("voltage_decay")
    pooling: str | None = of_recipe("pooling")
    correction: str | None = of_recipe("correction")
    allow_inexact: bool | None = of_recipe("allow_inexact")
    srp_steps: int | None = of_recipe("srp_steps")
    bits: int | None = of_recipe("bits")
    gain: float | None = of_recipe("gain")
    soft_threshold: float | None = of_recipe("soft_threshold")

    @classmethod
    def added_options(cls) -> dict[str, tuple[Any, Field[Any]]]:
        """Those of neurons and threshold rules that a user has added, and no others."""
        return {
            name: (item.kind | None, _left_to_recipe(item))
            for name, item in recipe_options().items()
        }


@dataclass(frozen=True)
class SweepSettings(Settings):
    """What `convert --sweep` tries: every method with every encoder at every T, on dev."""

    methods: tuple[str, ...] = option(
        ("default", "mse", "channel", "bias", "potential", "weights", "srp"),
        "what is changed of the recipe, joined by + (channel+bias), or named recipes",
    )
    encoders: tuple[str, ...] = option(
        ("direct", "saf", "bitplane", "poisson"),
        "input codes",
        ENCODERS,
    )
    steps: tuple[int, ...] = option((1, 2, 4, 8, 16), "numbers of steps T", least=1)
    tolerance: float = option(
        0.2, "the cheapest within this many points of the best dev accuracy wins", least=0
    )
