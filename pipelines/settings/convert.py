"""The settings of `snnconvert convert`."""

from __future__ import annotations

from dataclasses import Field, dataclass
from typing import Any

from ...models.encoders import CODES
from ...models.neurons import NEURONS
from ...models.neurons.options import BURST, LEAK, NEGATIVE, NeuronOption, added_options
from .choices import GRAINS, POOLING, RULES
from .fields import Settings, option, recipe_option


def neuron_option(item: NeuronOption) -> Any:
    """An option of a neuron that is left to the recipe where it is not given."""
    return recipe_option(item.text, (), **item.bounds)


@dataclass(frozen=True)
class ConvertSettings(Settings):
    """The conversion: a recipe, and what is chosen otherwise.

    An option that is None is left to the recipe, so a default never overrides what a recipe says.
    """

    recipe: str = option(
        "default",
        "default, diehl2015, rueckauer2017, deng2021, tcl2021, li2021, bu2022, hao2023, lv2023, or "
        "a YAML file (as RUN/snn/recipe.yaml); the other options change it",
    )
    calibration: int = option(512, "training texts that thresholds are balanced on", least=1)
    steps: int | None = recipe_option("time steps T", least=1)
    encoder: str | None = recipe_option("input code", CODES)
    mapping: str | None = recipe_option(
        "channels of the input (auto: split, none for direct)", ("auto", "split", "shift", "none")
    )
    threshold: str | None = recipe_option("threshold rule", RULES)
    grain: str | None = recipe_option("one threshold per layer or channel", GRAINS)
    percentile: float | None = recipe_option(
        "percentile of the threshold rule, in percent", above=0, most=100
    )
    source: str | None = recipe_option(
        "thresholds from the ANN's activation, or from the ReLU of its pre-activations",
        ("activation", "relu"),
    )
    location: str | None = recipe_option(
        "thresholds from all positions, or from where the neurons stand", ("positions", "neurons")
    )
    threshold_value: float | None = recipe_option("threshold of the rule fixed", above=0)
    normalise: str | None = recipe_option(
        "balance thresholds, or scale the weights", ("thresholds", "weights")
    )
    initial: float | None = recipe_option("V(0) as a fraction of the threshold", least=0, most=1)
    bias_shift: bool | None = recipe_option("add theta/(2T) to the currents instead of V(0)")
    reset: str | None = recipe_option("reset after a spike", ("soft", "hard"))
    neuron: str | None = recipe_option("neuron model", NEURONS)
    leak: float | None = neuron_option(LEAK)
    burst: int | None = neuron_option(BURST)
    negative: float | None = neuron_option(NEGATIVE)
    pooling: str | None = recipe_option("max pooling of spikes (auto: by encoder)", POOLING)
    correction: str | None = recipe_option(
        "adjust on unlabelled texts", ("none", "bias", "potential", "weights")
    )
    insist: bool | None = recipe_option("build also what is known not to converge")
    srp_steps: int | None = recipe_option("steps run before to silence neurons (SRP)", least=0)
    tau: float | None = recipe_option(
        "soft threshold of the words' components, for fewer spikes", least=0, below=1
    )

    @classmethod
    def added_options(cls) -> dict[str, tuple[Any, Field[Any]]]:
        """The options of neurons that a user has added."""
        return {
            name: (type(item.default) | None, neuron_option(item))
            for name, item in added_options().items()
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
        CODES,
    )
    steps: tuple[int, ...] = option(
        (1, 2, 4, 8, 16), "numbers of steps T (bitplane: the 2^b - 1 at or below each)", least=1
    )
    tolerance: float = option(
        0.2, "the cheapest within this many points of the best dev accuracy wins", least=0
    )
