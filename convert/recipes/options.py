"""Recipes as flat options: the names that the command line, the presets and recipe files share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files import read_yaml_mapping, write_text
from ...models.encoders import CODES
from ...models.encoders.encoder import Encoder
from ...models.neurons.options import OPTIONS, added_options, all_options, readers
from ...models.neurons.spec import NeuronSpec
from ..thresholds.rule import GIVEN, MEASURING, PERCENTILES, RULES, ThresholdRule
from .recipe import ConversionRecipe

Options = Mapping[str, Any]

# option -> (the part of the recipe that holds it, its name there)
PLACES = {
    "steps": ("", "steps"),
    "encoder": ("encoder", "code"),
    "mapping": ("encoder", "mapping"),
    "threshold": ("threshold", "rule"),
    "grain": ("threshold", "grain"),
    "percentile": ("threshold", "percentile"),
    "source": ("threshold", "source"),
    "location": ("threshold", "location"),
    "threshold_value": ("threshold", "value"),
    "initial": ("", "initial"),
    "reset": ("", "reset"),
    "bias_shift": ("", "bias_shift"),
    "pooling": ("", "pooling"),
    "neuron": ("neuron", "kind"),
    **{item.name: ("neuron", item.name) for item in OPTIONS},
    "correction": ("", "correction"),
    "srp_steps": ("", "srp_steps"),
    "normalise": ("", "normalise"),
    "insist": ("", "insist"),
    "tau": ("", "tau"),
}
# options that say more about another one, and the choices there that read them: where it is changed
# to a choice that does not (the mapping: to any), they do not outlive it
BELONGING: dict[str, dict[str, tuple[str, ...]]] = {
    "encoder": {"mapping": ()},
    "threshold": {
        "threshold_value": ("fixed",),
        "percentile": PERCENTILES,
        "source": MEASURING,
        "location": MEASURING,
        "grain": tuple(rule for rule in RULES if rule not in GIVEN),
    },
}
PARTS = {"": ConversionRecipe, "encoder": Encoder, "threshold": ThresholdRule, "neuron": NeuronSpec}


def places() -> dict[str, tuple[str, str]]:
    """`PLACES`, and the options of neurons that a user has added.

    Raises:
        InputError: such an option has the name of another one of recipes.
    """
    added = added_options()
    taken = sorted(set(added) & set(PLACES))
    if taken:
        raise InputError(
            f"expected options of neurons that no recipe has, but got {', '.join(taken)}: give "
            "the neuron's option another name"
        )
    return PLACES | {name: ("neuron", name) for name in added}


def belonging() -> dict[str, dict[str, tuple[str, ...]]]:
    """`BELONGING`, with the options of neurons and the neurons that read them."""
    return BELONGING | {"neuron": {name: readers(name) for name in all_options()}}


def to_options(recipe: ConversionRecipe) -> dict[str, Any]:
    """Every choice of ``recipe`` by its option's name, JSON-able; see :func:`from_options`.

    Of neurons that a user has added, the options are there where the recipe has such a neuron.
    """
    own = {name: ("neuron", name) for name, _ in recipe.neuron.options}
    return {
        option: getattr(getattr(recipe, part) if part else recipe, name)
        for option, (part, name) in (PLACES | own).items()
    }


def from_options(options: Options) -> ConversionRecipe:
    """The recipe that ``options`` name; the package's own choice where one is not given.

    ``mapping`` may be ``auto``: none for the direct encoder and split for the others.

    Raises:
        InputError: an unknown option, a value of another kind, or values that do not go together.
    """
    known = places()
    unknown = sorted(set(options) - set(known), key=str)
    if unknown:
        raise InputError(
            f"expected the options of a recipe to be of {', '.join(known)}, but got "
            f"{', '.join(map(repr, unknown))}"
        )
    parts: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    for option, value in options.items():
        part, name = known[option]
        parts[part][name] = _checked(option, value)
    if parts["encoder"].get("mapping", "auto") == "auto":
        code = parts["encoder"].get("code", Encoder().code)
        parts["encoder"]["mapping"] = CODES[code].default_mapping if code in CODES else "split"
    if "reset" in parts[""]:
        parts["neuron"]["reset"] = parts[""]["reset"]
    return ConversionRecipe(
        encoder=Encoder(**parts["encoder"]),
        threshold=ThresholdRule(**parts["threshold"]),
        neuron=NeuronSpec(**parts["neuron"]),
        **parts[""],
    )


# the package's own choices, and 1.0 for the kind of the one that has none
DEFAULTS = to_options(ConversionRecipe()) | {"threshold_value": 1.0}


def override(base: Options, given: Options) -> dict[str, Any]:
    """Options ``base`` with those of ``given`` in their place.

    An option that belongs to one that is changed (the mapping to its encoder, the leak to its
    neuron) goes back to the package's own choice, unless it is given too or read there as well.

    >>> override({"encoder": "direct", "mapping": "none"}, {"encoder": "saf"})
    {'encoder': 'saf'}
    >>> override({"threshold": "auto", "percentile": 99.0}, {"threshold": "percentile"})
    {'threshold': 'percentile', 'percentile': 99.0}
    """
    dropped = {
        option
        for owner, options in belonging().items()
        if owner in given and given[owner] != base.get(owner)
        for option, choices in options.items()
        if given[owner] not in choices
    }
    return {name: value for name, value in base.items() if name not in dropped} | dict(given)


def _checked(option: str, value: Any) -> Any:
    """``value`` as the kind of the option's default: a file may hold anything."""
    if option == "threshold_value" and value is None:
        return None
    kind = type((DEFAULTS | {o.name: o.default for o in added_options().values()})[option])
    wanted: dict[type, str] = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "a word",
    }
    right = isinstance(value, kind) or (kind is float and isinstance(value, int))
    if not right or (isinstance(value, bool) and kind is not bool):
        raise InputError(f"expected {wanted[kind]} for {option}, but got {value!r}")
    return kind(value)


def save_recipe(path: Path | str, recipe: ConversionRecipe) -> None:
    """Write ``recipe`` as YAML, one option a line, for :func:`read_recipe` and for `--recipe`."""
    import yaml

    write_text(path, yaml.safe_dump(to_options(recipe), sort_keys=False, allow_unicode=True))


def read_recipe(path: Path | str) -> dict[str, Any]:
    """The options in a recipe file; those that it does not name are left to the package.

    Raises:
        InputError: no such file, not YAML, or not the options of a recipe.
    """
    content = read_yaml_mapping(path, "a recipe")
    try:
        from_options(content)
    except InputError as error:
        raise InputError(f"the recipe {path} does not hold: {error}") from None
    return content
