"""The attacks that can be asked for by name; their names are listed without loading any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...moved import attributes
from ...registry import Registry

if TYPE_CHECKING:
    from ..preset import Preset

STUDY = ("textfooler", "textbugger", "pwws", "pso", "deepwordbug")
"""What the study of `lv2023` attacked with."""

# module: its attacks. An attack is the constant of its name, as in ``english:TEXTBUGGER_NOUSE``
_MODULES = (
    ("english", ("deepwordbug", "pwws", "textbugger", "textbugger-nouse", "textfooler")),
    ("english", ("textfooler-nouse", "iga", "iga-lists", "pso", "pso-wordnet", "pruthi", "bae")),
    ("english", ("bae-nouse", "bert-attack", "bert-attack-nouse", "checklist-nonames")),
    ("lv2023", tuple(f"lv2023-{name}{end}" for end in ("", "-nouse") for name in STUDY)),
    ("unlimited", ("unlimited",)),
    ("diagnostic", ("inputreduction",)),
    ("chinese", ("zh-homophone", "zh-glyph", "zh-wordnet", "zh-cilin", "zh-masked", "zh-all")),
    ("unlimited", ("zh-unlimited",)),
    ("white_box", ("hotflip-surrogate", "hotflip-rga", "hotflip-averaged")),
    ("white_box", ("zh-hotflip-surrogate", "zh-hotflip-rga", "zh-hotflip-averaged")),
)
_PLACES = {
    name: f"{module}:{name.upper().replace('-', '_')}"
    for module, names in _MODULES
    for name in names
}

PRESETS: Registry[Preset] = Registry("attack", __name__, "", tuple(_PLACES), _PLACES)


def is_attack_file(name: str) -> bool:
    """Whether an attack's ``name`` is that of a Python file, with or without a name in it."""
    return re.fullmatch(r".+\.py(:\w+)?", name, re.DOTALL) is not None


__getattr__ = attributes(__name__)
