"""The parameters of the estimator as settings of train, convert and finetune.

Names, types, choices and bounds are those of the settings (`pipelines/settings`); only which of
them the estimator calls by a name of its own stands here.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields, replace
from typing import Any

import numpy as np

from ...checked_json import MOST_WHOLE, WHOLE
from ...errors import InputError
from ...formatting import meant
from ..cli.values import kind_of
from ..settings.data import DataSettings
from ..settings.fields import Settings
from ..settings.run import RunSettings

OWN = {
    "language": "language",
    "vectors": "vectors",
    "dim": "dim",
    "channels": "train.channels",
    "widths": "train.widths",
    "epochs": "train.epochs",
    "steps": "convert.steps",
    "encoder": "convert.encoder",
    "reset": "convert.reset",
    "finetune_epochs": "finetune.epochs",
}
"""Parameters of the estimator, and the options of `snnconvert run` that they are."""
PARTS = ("data", "train", "convert", "finetune")
FROM_FIT = ("dataset", "text_column", "label_column", "delimiter", "encoding", "data_dir", "limit")
"""Options that say where the texts are: the estimator is given them."""


@dataclass(frozen=True)
class Chosen:
    """What is to be trained: the settings of every stage, and how texts are set aside."""

    run: RunSettings
    which: str
    validation_fraction: float


def chosen(own: Mapping[str, Any], further: Any, which: Any, validation_fraction: Any) -> Chosen:
    """The settings for values of the estimator's parameters.

    Args:
        own: value by name, of `OWN`
        further: value by name of `snnconvert run`'s options, as in ``{"train.dropout": 0.3}``
        which: the model that is wanted
        validation_fraction: share of the texts of a class that are set aside

    Raises:
        InputError: an unknown name, a value of another type or out of bounds, or settings that do
            not go together.
    """
    if which not in ("ann", "snn", "finetuned"):
        raise InputError(f"expected which to be of ann, snn, finetuned, but got {which!r}")
    share = _value(validation_fraction, float, "validation_fraction")
    if not 0 < share < 1:
        raise InputError(f"expected validation_fraction above 0 and below 1, but got {share}")
    if further is not None and not isinstance(further, Mapping):
        raise InputError(
            f"expected settings as a dictionary of names and values, but got "
            f"{type(further).__name__}"
        )
    asked = {"train.tensorboard": False, "finetune.tensorboard": False}
    named = {OWN[name]: (name, value) for name, value in own.items()}
    for name, value in (dict(further) if further else {}).items():
        option = _known(str(name))
        if option in named:
            raise InputError(
                f"expected {named[option][0]} as a parameter of its own, but settings has {name!r}"
            )
        asked[option] = value
    run = RunSettings()
    for part in PARTS:
        settings = getattr(run, part)
        prefix = _prefix(part)
        given = {}
        for item in fields(settings):
            option = prefix + item.name
            if option in named:
                given[item.name] = _field_value(named[option][1], item, settings, named[option][0])
            elif option in asked:
                given[item.name] = _field_value(asked[option], item, settings, option)
        run = replace(run, **{part: replace(settings, **given)})
    return Chosen(run, which, share)


def _prefix(part: str) -> str:
    """What stands before the names of a part's options, as on the command line."""
    return "" if part == "data" else f"{part}."


def options() -> list[str]:
    """All names that ``settings`` takes."""
    run = RunSettings()
    names = [_prefix(part) + f.name for part in PARTS for f in fields(getattr(run, part))]
    return [name for name in names if name not in FROM_FIT]


def _known(name: str) -> str:
    """The name of an option; raises `InputError` for another."""
    known = options()
    if name not in known:
        raise InputError(
            f"expected settings by the names of snnconvert run's options, as in train.dropout, but "
            f"got {name!r}{meant(name, known)}"
        )
    return name


def _field_value(value: Any, item: Field[Any], settings: Settings, name: str) -> Any:
    """``value`` as the type of a settings field."""
    kind, optional, many = kind_of(item, type(settings))
    if value is None:
        if optional:
            return None
        raise InputError(f"expected a value for {name}, but got None")
    if not many:
        return _value(value, kind, name)
    parts = value.tolist() if isinstance(value, np.ndarray) else value
    if isinstance(parts, str | bytes) or not isinstance(parts, list | tuple):
        parts = (parts,)
    return tuple(_value(part, kind, name) for part in parts)


def _value(value: Any, kind: type, name: str) -> Any:
    """One value of a basic type; numpy's numbers and strings become Python's."""
    words = {int: "a whole number", float: "a number", str: "a string", bool: "True or False"}
    found = value.item() if isinstance(value, np.generic) else value
    wanted = {int: numbers.Integral, float: numbers.Real}.get(kind, kind)
    if not isinstance(found, wanted) or (isinstance(found, bool) and kind is not bool):
        raise InputError(f"expected {words.get(kind, kind.__name__)} for {name}, but got {value!r}")
    if isinstance(found, int) and abs(found) > MOST_WHOLE:
        raise InputError(f"expected {WHOLE} for {name}, but got {value!r}")
    return kind(found)


def data_of(settings: RunSettings, folder: str) -> DataSettings:
    """The data settings for texts that lie in ``folder`` as `rows.write_rows` writes them."""
    return replace(settings.data, dataset=folder, text_column="text", label_column="label")
