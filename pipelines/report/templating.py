"""Templates filled in: the package's own, and files of a user's."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ...files import read_text
from ...version import __version__
from ..display import names
from . import format as form

if TYPE_CHECKING:
    from jinja2 import Environment

NUMBERS = (
    *("percent", "span", "count", "number", "signed", "scientific", "duration"),
    *("points", "points_from", "milliseconds"),
    *("plain", "p_value", "reach", "gap", "joules", "ratio", "bare"),
)
"""Functions of `format` that templates use as filters."""


def render_template(template: str | Path, shown: dict[str, Any]) -> Markup:
    """A template filled in; texts are escaped, and a name that is not there is an error.

    Args:
        template: a name in the folder `templates`, or the path of a file
        shown: what it shows, by name

    Raises:
        InputError: the file is missing.
    """
    made = environment()
    if isinstance(template, Path):
        return Markup(made.from_string(read_text(template, "a template")).render(**shown))
    return Markup(made.get_template(template).render(**shown))


@cache
def environment() -> Environment:
    """What makes templates; filters are the functions of `format` and names of models."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader(__package__ or "snnconvert.pipelines.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {name: getattr(form, name) for name in NUMBERS}
    made.filters |= {"model_name": names.title, "in_sentence": names.in_sentence}
    made.filters |= {
        "victim": names.victim,
        "victim_in_sentence": names.victim_in_sentence,
        "attack": names.attack,
        "breakable": breakable,
    }
    made.globals["version"] = __version__
    return made


def breakable(name: str) -> Markup:
    """A file's name that a line may break at its marks, and not inside a word that fits."""
    return Markup("<wbr>").join(re.split(r"(?<=[._/\\-])(?=\w)", name))
