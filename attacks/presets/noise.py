"""The control that changes no text, as results name it; `attacks.noise` carries it out."""

from __future__ import annotations

from typing import Any

from ...errors import InputError
from ..preset import Preset, Role
from ..victims import Victim


def _no_search(victim: Victim, query_budget: int) -> Any:
    raise InputError("noise changes no text, so it is no attack of TextAttack: see run_noise")


NOISE = Preset(
    "noise",
    "any",
    (),
    _no_search,
    "a control, not an attack: unchanged texts are shown again under fresh noise",
    "none: a success that needs no attack is no success of one",
    role=Role.NOISE,
)
