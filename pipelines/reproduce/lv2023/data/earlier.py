"""Records of an earlier reproduction, which stand beside those that are made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...shared.earlier import MadeOn, read_document
from .records import Record, in_order


@dataclass(frozen=True)
class Earlier(MadeOn):
    """What an earlier ``lv2023.json`` holds."""

    rows: list[Record] = field(default_factory=list)

    def beside(self, records: Sequence[Record]) -> list[Record]:
        """``records``, and those of before that no one of them is the same row as."""
        made = {record.key for record in records}
        return in_order([*records, *(record for record in self.rows if record.key not in made)])


def read_earlier(path: Path | str | None) -> Earlier:
    """What the file of an earlier reproduction holds; nothing where there is none.

    Raises:
        InputError: it is no such file.
    """
    return Earlier() if path is None else read_document(Earlier, path)
