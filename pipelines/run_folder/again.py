"""The command that makes a stage of a run again, with the settings that it was made with."""

from __future__ import annotations

import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

from ...files import is_file
from ...models.families import FAMILIES
from ..settings.attack import AttackSettings
from ..settings.convert import ConvertSettings
from ..settings.data import DataSettings
from ..settings.energy import EnergySettings
from ..settings.fields import Settings
from ..settings.finetune import AdversarialSettings, FinetuneSettings
from ..settings.teach import TeachSettings
from ..settings.train import TrainSettings
from .stages import COMMANDS, command_of, conversion_of, kind_of

Config = dict[str, Any]
# stages of which every setting is an option of the command of their name
SHOWING: dict[str, Settings] = {"attack": AttackSettings(), "energy": EnergySettings()}
_AGAIN = {"snn": "convert", "finetuned": "fine-tune", "attack": "attack", "energy": "count"}
_AGAIN |= {"teacher": "teach", "ann-adversarial": "tune", "snn-adversarial": "tune"}
_AGAIN |= {"spiking": "train"}


def command_for(stage: str, run: Path, config: Config, is_light: bool = False) -> str:
    """The command line that makes ``stage`` of the run again.

    Options are named where they differ from what the command takes by itself. The same command
    makes the same files, and later stages stay as they are.

    Args:
        stage: its name
        run: the folder
        config: what config.yaml holds: the settings of each stage; where it lacks those of a
            stage, the command is given without them
        is_light: load no torch; of a recipe then every option is named that is not the default of
            its own, though it may be that of the others
    """
    if stage in ("data", "ann", "spiking"):
        alone = stage == "data" and "ann" not in config and "spiking" in config
        return _train(run, config, "spiking" if alone or stage == "spiking" else "ann")
    where, own = shlex.quote(str(run)), config.get(stage, {})
    kind, name = kind_of(stage), conversion_of(stage)
    if kind == "teacher":
        words = ["teach", where, *_words(TeachSettings(), own)]
        return " ".join(["snnconvert", *words, *_seed(own)])
    if kind == "snn":
        words = ["convert", where, *_recipe_words(run, own, is_light)]
    elif stage in SHOWING:
        words = [stage, where, *_words(SHOWING[stage], _without_controls(own))]
    else:
        words = ["finetune", where, *_base(kind, own), *_words(FinetuneSettings(), own)]
        words += _words(AdversarialSettings(), own)
    return " ".join(["snnconvert", *words, *(["--name", name] if name else []), *_seed(own)])


def _base(stage: str, own: Config) -> list[str]:
    """The options that make a stage of adversarial fine-tuning of ``finetune``."""
    if not stage.endswith("-adversarial"):
        return []
    attacks = [] if "adversarial" in own else ["--adversarial", "ATTACK"]
    return [*attacks, "--model", stage.removesuffix("-adversarial")]


def _without_controls(own: Config) -> Config:
    """The settings with the victims by name: what tells each from others goes, controls too."""
    victims = own.get("victims")
    if not isinstance(victims, dict):
        return own
    return own | {"victims": [name for name in victims if "+" not in name]}


def again(stage: str, run: Path) -> str:
    """What to do about a damaged ``stage``, for the end of an error: its command, in short."""
    where = shlex.quote(str(run))
    if kind_of(stage) in _AGAIN:
        command = command_of(stage).format(run=where)
        return f"{_AGAIN[kind_of(stage)]} again: snnconvert {command} --force"
    return f"train again: snnconvert {COMMANDS['ann'].format(run=where)} --force"


def _train(run: Path, config: Config, stage: str) -> str:
    where, data = shlex.quote(str(run)), config.get("data")
    if "module" in config.get("ann", {}):
        return f"run_from_module({str(run)!r}, ...) in Python, with the module that it is of"
    if data is None:
        return f"snnconvert train --dataset NAME --out {where}"
    # the run has a copy of the user's dictionary; one that says nothing of "clean" left texts alone
    kept = {"user_dict": str(run / "text" / "user_dict.txt")} if data.get("user_dict") else {}
    data = {"clean": "none"} | data | kept
    own = _unread(stage, config.get(stage, {})) | config.get(stage, {})
    words = [*_words(DataSettings(), data), *_words(TrainSettings(), own)]
    dataset = shlex.join(
        ["--dataset", str(data.get("dataset"))]
    )  # `sources.place` finds it if moved
    return " ".join(["snnconvert train", dataset, "--out", where, *words, *_seed(data)])


def _unread(stage: str, own: Config) -> Config:
    """What a trained network has none of, which its settings do not name (`TrainSettings.unread`).

    The command would choose it by the data in another folder, though not in that of the run.
    """
    model = str(own.get("model"))
    if model not in FAMILIES:  # no settings, or a family that was not loaded
        return {}
    options = FAMILIES[model].options()
    none = {"pooling": "max", "padding": "none"}
    unread: Config = {name: value for name, value in none.items() if name in options}
    if stage == "ann" and FAMILIES[model].reads == "ids":
        unread["input_levels"] = 0
    return unread


def _words(settings: Settings, values: Config) -> list[str]:
    """The options of a settings class whose values are not its defaults."""
    words: list[str] = []
    for item in fields(settings):  # type: ignore[arg-type]
        default = getattr(settings, item.name)
        default = list(default) if isinstance(default, tuple) else default
        if item.name == "dataset" or item.name not in values or values[item.name] == default:
            continue
        words += [f"--{item.name.replace('_', '-')}", _typed(values[item.name])]
    return words


def _typed(value: Any) -> str:
    """A value as it is typed on the command line."""
    if isinstance(value, list):
        return shlex.quote(",".join(map(str, value)))
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return shlex.quote(str(value))


def _seed(values: Config) -> list[str]:
    seed = int(values.get("seed") or 0)
    return ["--seed", str(seed)] if seed else []


def _recipe_words(run: Path, own: Config, is_light: bool) -> list[str]:
    """The options of ``convert``: a recipe by name, and what was changed of it."""
    from ...convert.recipes.options import from_options, recipe_options, to_options
    from ...convert.recipes.published import PUBLISHED, load_options

    name = str(own.get("recipe", ConvertSettings().recipe))
    of_run = run / "recipes" / f"{name}.yaml"
    if name not in PUBLISHED and not (of_run.name == f"{name}.yaml" and is_file(of_run)):
        name = ConvertSettings().recipe
    base = load_options(name if name in PUBLISHED else str(of_run))[1]
    usual = {name: item.default for name, item in recipe_options().items()}
    usual |= base if is_light else to_options(from_options(base))
    changed = {key: value for key, value in own.items() if key in usual and value != usual[key]}
    words = ["--recipe", name] if name != ConvertSettings().recipe else []
    for key, value in changed.items():
        words += [f"--{key.replace('_', '-')}", _typed(value)]
    calibration = own.get("calibration", ConvertSettings().calibration)
    if calibration != ConvertSettings().calibration:
        words += ["--calibration", str(calibration)]
    return words
