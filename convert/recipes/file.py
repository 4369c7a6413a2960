"""Recipe files: options as YAML, one a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files import read_yaml_mapping, write_text
from .old_names import old_names, renamed
from .options import from_options, to_options
from .recipe import ConversionRecipe

Note = Callable[[str], None]


def save_recipe(path: Path | str, recipe: ConversionRecipe) -> None:
    """Write ``recipe`` as YAML, one option a line, for :func:`read_recipe` and for `--recipe`."""
    import yaml

    write_text(path, yaml.safe_dump(to_options(recipe), sort_keys=False, allow_unicode=True))


def read_recipe(path: Path | str, note: Note | None = None) -> dict[str, Any]:
    """The options in a recipe file, by their names of today; others are left to the package.

    A file may also have them under ``options``, as those of published recipes do.

    Args:
        path: of the file
        note: is told in one line where the file has options by names that they had before

    Raises:
        InputError: no such file, not YAML, or not the options of a recipe.
    """
    content = read_yaml_mapping(path, "a recipe")
    written = content.get("options", content)
    try:
        if not isinstance(written, dict):
            raise InputError(f"expected options as names and values, but got {written!r}")
        options = renamed(written)
        from_options(options)
    except InputError as error:
        raise InputError(f"the recipe {path} does not hold: {error}") from None
    changed = [f"{old} is now {new}" for old, new in old_names().items() if old in written]
    if changed and note:
        note(f"in {path} {', '.join(changed)}")
    return options
