"""An attack by its name: of the package, added at run time, or a Python file of the user's."""

from __future__ import annotations

from dataclasses import replace

from ..assets.nltk import locate, prepare_nltk
from ..preset import Preset, Role
from . import PRESETS, is_attack_file
from .noise import NOISE
from .user import user_preset


def preset(name: str) -> Preset:
    """The attack called ``name``.

    What it takes only where it is there is looked up now: then it is one of its ``needs``, and
    otherwise of what is ``dropped``.

    Raises:
        InputError: there is none, or the file of that name cannot be used.
    """
    if name == NOISE.name:
        return NOISE  # not in the list: it is a control, and no search
    if is_attack_file(name):
        return user_preset(name)
    item = PRESETS[name]
    if not item.uses:
        return item
    prepare_nltk()
    here = tuple(asset for asset in item.uses if locate(asset))
    absent = tuple(f"no {asset}, which is not here" for asset in item.uses if asset not in here)
    return replace(item, needs=item.needs + here, uses=(), dropped=item.dropped + absent)


def role_of(name: str) -> Role:
    """What the figures of attack ``name`` are read for; of one that is not known here, robustness.

    A report may be made where a file of the user's, or what was added at run time, is no more.
    """
    if name == NOISE.name:
        return Role.NOISE
    return PRESETS[name].role if name in PRESETS else Role.ATTACK


def is_search(name: str) -> bool:
    """Whether an attack looks for texts that fool its victim; noise alone does not."""
    return role_of(name) is not Role.NOISE


def for_language(language: str) -> list[Preset]:
    """The attacks on texts in ``language``."""
    return [item for item in PRESETS.values() if item.reads(language)]


def unlimited_attacks(language: str) -> list[str]:
    """The controls without limits for texts in ``language``, by name."""
    return [item.name for item in for_language(language) if item.role is Role.UNLIMITED]
