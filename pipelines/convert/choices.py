"""The recipe of a conversion, out of the settings of the command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ...convert.recipes.options import from_options, override, places, to_options
from ...convert.recipes.published import PRESETS, load_options
from ...convert.recipes.recipe import ConversionRecipe
from ..settings.convert import ConvertSettings


def recipe_from(settings: ConvertSettings) -> ConversionRecipe:
    """The conversion recipe that the command's settings name.

    Raises:
        InputError: no such recipe, or choices that do not go together.
    """
    return from_options(_options(settings)[1])


def _options(settings: ConvertSettings) -> tuple[str, dict[str, Any]]:
    """The short name of the settings' recipe, and its options with those that were given."""
    name, base = load_options(settings.recipe)
    given = {option: getattr(settings, option) for option in places()}
    return name, override(base, {k: value for k, value in given.items() if value is not None})


def with_run_recipe(run: Path, settings: ConvertSettings) -> ConvertSettings:
    """Settings whose recipe, where it is a name in RUN/recipes (a sweep's best), is that file."""
    path = run / "recipes" / f"{settings.recipe}.yaml"
    if settings.recipe in PRESETS or not path.is_file():
        return settings
    return replace(settings, recipe=str(path))


def resolved_settings(settings: ConvertSettings, seed: int) -> dict[str, Any]:
    """Every choice of a conversion by name, as the run folder keeps and compares it.

    What a preset or a recipe file holds is written out, so that a stage is the same only where its
    conversion is.
    """
    name, options = _options(settings)
    chosen = to_options(from_options(options))
    return {"recipe": name, **chosen, "calibration": settings.calibration, "seed": seed}
