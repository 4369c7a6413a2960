"""Named recipes: our default, and what published conversions chose, restated for text CNNs.

Each is a file of `published/`. It fixes the conversion only: where a paper also trains its ANN in
its own way, ``train`` names the options of `snnconvert train` that go with it. All of them were
made for images (but lv2023), so ``ours`` says honestly what is not the paper's: time steps where
the paper has none for text, the input code, what stands for max-over-time pooling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files import read_yaml_mapping
from ...registry import FileRegistry
from .file import Note, read_recipe
from .old_names import renamed


@dataclass(frozen=True)
class PublishedRecipe:
    """A named recipe.

    source: the paper; options: what it sets (`options.py`), the rest is the package's own choice;
    theirs: which of it is the paper's; ours: which is not, and what of the paper is left out;
    train: options of `snnconvert train` that go with it.
    """

    source: str
    options: Mapping[str, Any] = field(default_factory=dict)
    theirs: str = ""
    ours: str = ""
    train: str = ""


def read_published(path: Path) -> PublishedRecipe:
    """The recipe of a file with ``source``, ``options`` and what else `PublishedRecipe` has.

    Raises:
        InputError: no such file, not YAML, without a source, or with what is no field.
    """
    content = read_yaml_mapping(path, "a published recipe")
    known = [item.name for item in fields(PublishedRecipe)]
    if "source" not in content or set(content) - set(known):
        raise InputError(
            f"expected a recipe of {', '.join(known)} in {path}, with a source at least, but it "
            f"has {', '.join(map(str, content))}"
        )
    words = {name: str(value) for name, value in content.items() if name != "options"}
    return PublishedRecipe(**words, options=renamed(content.get("options") or {}))


PUBLISHED: FileRegistry[PublishedRecipe] = FileRegistry(
    "recipe", Path(__file__).with_suffix(""), read_published
)


def load_options(name: str, note: Note | None = None) -> tuple[str, dict[str, Any]]:
    """A recipe by its name in `PUBLISHED` or the path of a YAML file.

    Args:
        name: or path
        note: see `file.read_recipe`

    Returns:
        Its short name, and its options.

    Raises:
        InputError: neither a published recipe nor a readable recipe file.
    """
    if name in PUBLISHED:
        return name, dict(PUBLISHED[name].options)
    path = Path(name)
    if path.suffix.lower() not in (".yaml", ".yml") and not path.exists():
        raise InputError(
            f"expected a recipe of {', '.join(PUBLISHED)}, or a YAML file, but got {name!r}"
        )
    return path.stem, read_recipe(path, note)
