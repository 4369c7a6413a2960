"""The attacks that can be asked for by name."""

from __future__ import annotations

import re
from dataclasses import replace

from ...errors import InputError
from ..assets.nltk import locate, prepare_nltk
from ..preset import Preset
from . import chinese, english
from .user import user_preset
from .white_box import WHITE_BOX

PRESETS: dict[str, Preset] = {
    item.name: item for item in (*english.PRESETS, *chinese.PRESETS, *WHITE_BOX)
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
