"""The recipe of a conversion, out of the settings of the command."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ...convert.recipes.options import from_options, override, recipe_options, to_options
from ...convert.recipes.published import PUBLISHED, load_options
from ...convert.recipes.recipe import ConversionRecipe
from ...errors import InputError
from ...models.encoders import ENCODERS
from ..run_folder.stages import of_conversion
from ..settings.convert import ConvertSettings

AUTO = "auto"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


@cache
def note(text: str) -> None:
    """Say on standard error, once, what the user of a recipe file should know."""
    print(f"snnconvert: {text}; the old names still work", file=sys.stderr)


def named_recipe(settings: ConvertSettings) -> tuple[str, ConversionRecipe]:
    """The recipe that the command's settings name, changed by its other options, and its name.

    Raises:
        InputError: no such recipe, or choices that do not go together.
    """
    name, base = load_options(settings.recipe, note)
    chosen = {option: getattr(settings, option, None) for option in recipe_options()}
    changes = {option: value for option, value in chosen.items() if value is not None}
    return name, from_options(override(base, changes))


def recipe_from(settings: ConvertSettings) -> ConversionRecipe:
    """The same without the name."""
    return named_recipe(settings)[1]


def with_run_recipe(run: Path, settings: ConvertSettings) -> ConvertSettings:
    """Settings whose recipe, where it is a name in RUN/recipes (a sweep's best), is that file."""
    path = run / "recipes" / f"{settings.recipe}.yaml"
    if settings.recipe in PUBLISHED or not path.is_file():
        return settings
    return replace(settings, recipe=str(path))


def resolved_settings(settings: ConvertSettings, seed: int) -> dict[str, Any]:
    """Every choice of a conversion by name, as the run folder keeps and compares it.

    What a named recipe or a recipe file holds is written out, so that a stage is the same only
    where its conversion is.
    """
    name, recipe = named_recipe(settings)
    own = {"calibration": settings.calibration, "seed": seed}
    return {"recipe": name, **to_options(recipe), **own}


def conversion_stage(name: str, recipe: ConversionRecipe) -> str:
    """The stage of a conversion by the name that it is given; "" is that of the one without.

    ``auto`` is named for code and T, as in ``saf-t4``. A name stands in folders, and after the
    ``@`` of models and victims, so it may not be read as another of these.

    Raises:
        InputError: it is none.
    """
    if name == AUTO:
        name = f"{recipe.encoder.code}-t{recipe.steps}"
    if not name:
        return of_conversion("snn", "")
    # codes stand after the @ too, and snn@saf:4 has its records in files of snn@saf-4
    code = rf"({'|'.join(map(re.escape, ENCODERS))})(-\d+(-.*)?)?"
    if not _NAME.fullmatch(name) or re.fullmatch(code, name) or name.startswith("adversarial"):
        raise InputError(
            "expected a name of a conversion like t4 or saf-t4, of small letters, digits, - and _, "
            f"and not that of an input code, but got {name!r}"
        )
    return of_conversion("snn", name)
