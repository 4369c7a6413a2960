"""Records of an earlier reproduction, which stand beside those that are made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .....checked_json import read_value
from .....typed_json import from_json
from .records import Record, in_order


@dataclass(frozen=True)
class Machine:
    """What records were made on, as `rows.document.document` writes it."""

    machine: str = ""
    versions: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Earlier:
    """What an earlier ``lv2023.json`` holds.

    machine, versions: what it was made on
    earlier: machines of what it had taken over itself
    """

    rows: list[Record] = field(default_factory=list)
    machine: str = ""
    versions: dict[str, Any] = field(default_factory=dict)
    earlier: list[Machine] = field(default_factory=list)

    def beside(self, records: Sequence[Record]) -> list[Record]:
        """``records``, and those of before that no one of them is the same row as."""
        made = {record.key for record in records}
        return in_order([*records, *(record for record in self.rows if record.key not in made)])

    def machines(self) -> list[dict[str, Any]]:
        """The machines of all that is taken over, JSON-able."""
        if not self.rows:
            return []
        known = [Machine(self.machine, self.versions), *self.earlier]
        return [vars(machine) for machine in known]


def read_earlier(path: Path | str | None) -> Earlier:
    """What the file of an earlier reproduction holds; nothing where there is none.

    Raises:
        InputError: it is no such file.
    """
    if path is None:
        return Earlier()
    what, remedy = "the records of a reproduction", "give an lv2023.json, or leave --earlier out"
    return from_json(Earlier, read_value(Path(path), what, remedy))
