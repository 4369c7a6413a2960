"""Recipes as flat options: the names that the command line and all kinds of files share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from ...errors import InputError
from ...models.encoders import ENCODERS, MAPPINGS
from ...models.encoders.books import BOOKS
from ...models.neurons import NEURONS
from ...models.neurons.options import all_options, readers
from ...models.neurons.spec import NeuronSpec
from ...options import Choices, option
from ..thresholds import RULES
from ..thresholds.spec import OWN, ThresholdRule, rule_options
from .recipe import ConversionRecipe

Options = Mapping[str, Any]
_NO_OPTION = ("reset", "slices")  # the recipe has the first too; a table has the second
PARTS = {"encoder": "code", "threshold": "rule", "neuron": "kind"}  # and what each chooses by


@dataclass(frozen=True)
class RecipeOption:
    """An option of recipes.

    part: of the recipe that holds it, "" for the recipe itself; name: its name there; kind: of its
    values; default: the package's own choice; metadata: see `snnconvert.options.option`.
    """

    part: str
    name: str
    kind: type
    default: Any
    metadata: Mapping[str, Any]


def recipe_options() -> dict[str, RecipeOption]:
    """Every option of a recipe by name, with those of rules and neurons that a user has added.

    Raises:
        InputError: an option that was added has the name of another one.
    """
    options: dict[str, RecipeOption] = {}
    for item in fields(ConversionRecipe):
        if item.name in PARTS:
            entries = [*_OF_PARTS[item.name]()]
        else:
            kind = float if item.default is None else type(item.default)
            own = RecipeOption("", item.name, kind, item.default, item.metadata)
            entries = [(item.name, own)]
        for name, entry in entries:
            if name in options:
                raise InputError(
                    f"expected options that no recipe has for what was added, but got {name}: "
                    "give the option another name"
                )
            options[name] = entry
    return options


def _encoder_options() -> Iterator[tuple[str, RecipeOption]]:
    code = option("saf", "input code, or book of stored bits", ENCODERS)
    yield "encoder", RecipeOption("encoder", "code", str, code.default, code.metadata)
    text = "channels of the input (auto: split, none for direct and stored bits)"
    mapping = option("auto", text, Choices("auto", MAPPINGS))
    yield "mapping", RecipeOption("encoder", "mapping", str, mapping.default, mapping.metadata)
    text = f"bits that a book writes of a word or value ({', '.join(BOOKS)}; 0: its own choice)"
    bits = option(0, text, least=0)
    yield "bits", RecipeOption("encoder", "bits", int, bits.default, bits.metadata)


def _threshold_options() -> Iterator[tuple[str, RecipeOption]]:
    for name, item in OWN.items():
        flat = "threshold" if name == PARTS["threshold"] else name
        yield flat, RecipeOption("threshold", name, str, item.default, item.metadata)
    for name, item in rule_options().items():
        kind = next(rule.kind_of(name) for rule in RULES.values() if name in rule.reads())
        yield name, RecipeOption("threshold", name, kind, item.default, item.metadata)


def _neuron_options() -> Iterator[tuple[str, RecipeOption]]:
    kind = option(NeuronSpec.kind, "neuron model", NEURONS)
    yield "neuron", RecipeOption("neuron", "kind", str, kind.default, kind.metadata)
    for name, item in all_options().items():
        metadata = option(item.default, item.text, (), "", (), "", **item.bounds).metadata
        yield name, RecipeOption("neuron", name, type(item.default), item.default, metadata)


_OF_PARTS = {
    "encoder": _encoder_options,
    "threshold": _threshold_options,
    "neuron": _neuron_options,
}


def to_options(recipe: ConversionRecipe) -> dict[str, Any]:
    """Every choice of ``recipe`` by its option's name, JSON-able; see :func:`from_options`.

    Of rules and neurons that a user has added, the options are there where the recipe has such.
    """
    options: dict[str, Any] = {}
    for name, value in recipe.to_dict().items():
        if name == "gain" and value is None and not recipe.fits_gain:
            continue  # it makes no difference, and recipes of before there were gains have none
        if name in PARTS:
            own = {key: v for key, v in value.items() if key not in _NO_OPTION}
            options |= {name: own.pop(PARTS[name])} | own
        else:
            options[name] = value
    return options


def from_options(options: Options) -> ConversionRecipe:
    """The recipe that ``options`` name; the package's own choice where one is not given.

    ``mapping`` may be ``auto``: none for the direct encoder and split for the others.

    Raises:
        InputError: an unknown option, a value of another kind, or values that do not go together.
    """
    from ...models.encoders.encoder import (  # heavy, and the names of options are not
        Encoder,
        code_named,
    )

    known = recipe_options()
    unknown = sorted(set(options) - set(known), key=str)
    if unknown:
        raise InputError(
            f"expected the options of a recipe to be of {', '.join(known)}, but got "
            f"{', '.join(map(repr, unknown))}"
        )
    parts: dict[str, dict[str, Any]] = {part: {} for part in ("", *PARTS)}
    for name, value in options.items():
        parts[known[name].part][known[name].name] = _checked(name, value, known[name])
    encoder = parts["encoder"]
    if encoder.get("mapping", "auto") == "auto":
        code = encoder.get("code", known["encoder"].default)
        encoder["mapping"] = code_named(code).default_mapping
    return ConversionRecipe(
        encoder=Encoder(**encoder),
        threshold=ThresholdRule(**parts["threshold"]),
        neuron=NeuronSpec(**parts["neuron"]),
        **parts[""],
    )


def override(base: Options, changes: Options) -> dict[str, Any]:
    """Options ``base`` with those of ``changes`` in their place.

    An option that belongs to one that is changed (the mapping to its encoder, the leak to its
    neuron) goes back to the package's own choice, unless it is given too or read there as well.

    >>> override({"encoder": "direct", "mapping": "none"}, {"encoder": "saf"})
    {'encoder': 'saf'}
    >>> override({"threshold": "auto", "percentile": 99.0}, {"threshold": "percentile"})
    {'threshold': 'percentile', 'percentile': 99.0}
    """
    changed = {p for p in PARTS if p in changes and changes[p] != base.get(p)}
    dropped = {
        name
        for name, item in recipe_options().items()
        if item.part in changed and name != item.part and not _is_read(item, changes[item.part])
    }
    return {name: value for name, value in base.items() if name not in dropped} | dict(changes)


def _is_read(item: RecipeOption, choice: str) -> bool:
    """Whether an option of a part makes the same difference with its new choice."""
    if item.part == "threshold":
        return item.name in RULES[choice].reads()
    return item.part == "neuron" and choice in readers(item.name)


def _checked(name: str, value: Any, item: RecipeOption) -> Any:
    """``value`` as the kind of the option: a file may hold anything."""
    if value is None and item.default is None:
        return None
    kind = item.kind
    wanted: dict[type, str] = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "a word",
    }
    right = isinstance(value, kind) or (kind is float and isinstance(value, int))
    if not right or (isinstance(value, bool) and kind is not bool):
        raise InputError(f"expected {wanted[kind]} for {name}, but got {value!r}")
    return kind(value)
