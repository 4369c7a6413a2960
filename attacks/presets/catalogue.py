"""The attacks that can be asked for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...errors import InputError
from ..assets.nltk import asset_status, locate, prepare_nltk
from ..building.builders import BATCH_SIZE, Preset
from . import chinese as presets_chinese
from . import english as presets_english
from .user import user_preset
from .white_box import WHITE_BOX

__all__ = ["BATCH_SIZE", "PRESETS", "Preset", "default_presets", "preset"]

PRESETS: dict[str, Preset] = {
    item.name: item for item in (*presets_english.PRESETS, *presets_chinese.PRESETS, *WHITE_BOX)
}


def preset(name: str) -> Preset:
    """The preset called ``name``; raises `InputError` with the known names for another.

    What it takes only where it is there is looked up now: then it is one of its ``needs``, and
    otherwise of what is ``dropped``.
    """
    if re.search(r"\.py(:\w+)?$", name):
        return user_preset(name)
    if name not in PRESETS:
        raise InputError(f"unknown attack {name!r}: expected one of {', '.join(PRESETS)}")
    item = PRESETS[name]
    if not item.uses:
        return item
    prepare_nltk()
    here = tuple(asset for asset in item.uses if locate(asset))
    absent = tuple(f"no {asset}, which is not here" for asset in item.uses if asset not in here)
    return replace(item, needs=item.needs + here, uses=(), dropped=item.dropped + absent)


def default_presets(
    language: str, status: Sequence[Mapping[str, Any]] | None = None
) -> tuple[list[str], dict[str, str]]:
    """The presets to run for ``language`` where nothing was chosen.

    Args:
        language: "en" or "zh".
        status: what is there, default `asset_status()`.

    Returns:
        The names whose assets are all there, and for each that is left out the reason, one line
        to print: nothing is left out in silence.
    """
    missing = {r["name"]: r["remedy"] for r in status or asset_status() if not r["found"]}
    names: list[str] = []
    left_out: dict[str, str] = {}
    for item in PRESETS.values():
        if item.language != language or not item.auto:
            continue
        lacking = [name for name in item.needs if name in missing]
        if lacking:
            left_out[item.name] = f"needs {lacking[0]}: {missing[lacking[0]]}"
        else:
            names.append(item.name)
    if not names and not left_out:
        known = ", ".join(sorted({item.language for item in PRESETS.values()} - {"any"}))
        raise InputError(f"no attack for language {language!r}: expected one of {known}")
    return names, left_out
