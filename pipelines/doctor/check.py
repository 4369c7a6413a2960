"""One thing that the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "fail"]


@dataclass(frozen=True)
class Check:
    """One entry of the doctor's page.

    Attributes:
        name: what was looked at
        level: ``ok``; ``note``, nothing that commands need; or ``fail``, broken or missing
        found: what is there
        remedy: what to do, empty where nothing is to be done
    """

    name: str
    level: Level
    found: str
    remedy: str = ""
