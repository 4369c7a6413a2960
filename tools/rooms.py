"""The folders of the package, by setup.cfg; others lie beside them in the repository."""

from __future__ import annotations

import configparser
from pathlib import Path


def rooms() -> tuple[str, ...]:
    """Their names, in the order of setup.cfg."""
    config = configparser.ConfigParser()
    config.read(Path(__file__).resolve().parents[1] / "setup.cfg", "utf-8")
    parts = [name.split(".") for name in config["options"]["packages"].split()]
    return tuple(names[1] for names in parts if len(names) == 2)


ROOMS = rooms()
