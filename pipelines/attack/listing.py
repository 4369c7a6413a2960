"""`snnconvert attack --list`: the attacks, what they need and leave out, and what is here."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from ..display.screen import columns


def attack_facts() -> list[dict[str, Any]]:
    """The same as figures: name, language, description, paper, and what is missing of it here."""
    from ...attacks.presets import PRESETS
    from ...attacks.presets.requirements import asset_status

    found = {row["name"]: bool(row["found"]) for row in asset_status()}
    return [
        {
            "name": name,
            "language": PRESETS[name].language,
            "description": PRESETS[name].description,
            "paper": PRESETS[name].paper,
            "left_out": list(PRESETS[name].dropped),
            "missing": [asset for asset in PRESETS[name].needs if not found[asset]],
        }
        for name in PRESETS
    ]


def list_attacks() -> str:
    """Every attack by name, and then how to get what is missing."""
    from ...attacks.presets import PRESETS
    from ...attacks.presets.requirements import asset_status

    status = {row["name"]: row for row in asset_status()}
    lines: list[str] = []
    for name in PRESETS:
        item = PRESETS[name]
        missing = [asset for asset in item.needs if not status[asset]["found"]]
        state = f"needs {', '.join(missing)}" if missing else "ready"
        lines.append(f"{name} ({item.language}): {state}")
        lines += _indented("", item.description)
        absent = [f"no {asset} here" for asset in item.uses if not status[asset]["found"]]
        if item.dropped or absent:
            lines += _indented("left out: ", "; ".join([*item.dropped, *absent]))
        lines += _indented("paper: ", item.paper)
    lines += ["", "FILE.py or FILE.py:NAME (any): an attack of your own, see docs/attacks.md"]
    lacking = [row for row in status.values() if not row["found"]]
    if lacking:
        lines += ["", "what is missing, and how to get it:"]
    for row in lacking:
        lines += _indented(f"{row['name']}: ", row["remedy"])
    return "\n".join(lines)


def _indented(head: str, text: str) -> Iterator[str]:
    return iter(
        textwrap.wrap(
            head + text,
            columns() or 100,
            initial_indent="    ",
            subsequent_indent="      ",
            break_on_hyphens=False,
            break_long_words=False,
        )
    )
