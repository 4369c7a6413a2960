"""config.yaml of a run: the resolved settings of its stages, and versions."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from ...checked_json import MOST_WHOLE
from ...convert.recipes.old_names import by_names_of_today
from ...errors import InputError
from ...files import read_yaml, write_text
from ..settings.attack import AttackSettings
from ..settings.convert import ConvertSettings
from ..settings.data import DataSettings
from ..settings.energy import EnergySettings
from ..settings.finetune import FinetuneSettings
from ..settings.teach import TeachSettings
from ..settings.train import TrainSettings
from .stages import check_names, kind_of

_SETTINGS: dict[str, type] = {
    "data": DataSettings,
    "ann": TrainSettings,
    "snn": ConvertSettings,
    "finetuned": FinetuneSettings,
    "ann-adversarial": FinetuneSettings,
    "snn-adversarial": FinetuneSettings,
    "attack": AttackSettings,
    "energy": EnergySettings,
    "teacher": TeachSettings,
}
_MORE: dict[str, set[type]] = {"seed": {int}, "place": {str}}
_SIMPLE = {bool, int, float, str, type(None)}
_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}


def read_config(path: Path) -> dict[str, Any]:
    """The resolved settings so far, by stage and by names of today; empty without a file.

    Raises:
        InputError: the file is damaged, or a setting is of another kind than it can be.
    """
    if not path.exists():
        return {}
    try:
        config, why = read_yaml(path, "the settings of a run"), ""
    except InputError as error:
        config, why = None, f" ({str(error)[-200:]})"
    if not isinstance(config, dict) or not all(map(_is_stage, config.items())):
        raise InputError(
            f"expected the settings of a run in {path}, but it is damaged{why}; {_REMEDY}"
        )
    today = dict(by_names_of_today(config))
    check_names(today, str(path))
    for stage, values in today.items():
        _check(values, _kinds(kind_of(stage)), f"{path}: {stage}")
    return today


_REMEDY = (
    "put it back, or remove that file and give the train command of this run again with the same "
    "options, which restores it"
)


def _is_stage(item: tuple[Any, Any]) -> bool:
    name, values = item
    named = isinstance(name, str) and isinstance(values, dict)
    return named and all(isinstance(key, str) for key in values)


@cache
def _kinds(stage: str) -> dict[str, set[type]]:
    """The types that each setting of a stage can have in a file, of those that have a simple one.

    None is one of them: an older version may have left open what this one decides.
    """
    hints = get_type_hints(_SETTINGS[stage]) if stage in _SETTINGS else {}
    found: dict[str, set[type]] = {name: _types(hint) for name, hint in hints.items()}
    return {name: kinds for name, kinds in found.items() if kinds <= _SIMPLE} | _MORE


def _types(hint: Any) -> set[Any]:
    """A hint's own type, or those of a union."""
    return set(get_args(hint)) if get_origin(hint) in (Union, UnionType) else {hint}


def _check(values: dict[str, Any], kinds: dict[str, set[type]], where: str) -> None:
    for name, value in values.items():
        wanted = kinds.get(name)
        if wanted is None or value is None or _fits(value, wanted):
            continue
        said = " or ".join(_WORDS[kind] for kind in _WORDS if kind in wanted)
        shown = repr(value)
        raise InputError(
            f"expected {said} at {where}.{name}, but it is "
            f"{shown if len(shown) <= 60 else shown[:57] + '...'}; {_REMEDY}"
        )


def _fits(value: Any, wanted: set[type]) -> bool:
    if type(value) is int:
        return bool(wanted & {int, float}) and abs(value) <= MOST_WHOLE
    return type(value) in wanted


def write_config(path: Path, config: dict[str, Any]) -> None:
    """Write the settings of a run, whole or not at all.

    Raises:
        SnnConvertError: the file cannot be written.
    """
    import yaml

    write_text(path, yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
