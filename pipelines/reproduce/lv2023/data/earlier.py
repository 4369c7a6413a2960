"""Records of an earlier reproduction, which stand beside those that are made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...shared.earlier import MadeOn, read_document
from .records import Record, in_order, pooled


@dataclass(frozen=True)
class Earlier(MadeOn):
    """What an earlier ``lv2023.json`` holds."""

    rows: list[Record] = field(default_factory=list)

    def beside(self, records: Sequence[Record]) -> list[Record]:
        """``records``, and those of before that no one of them is the same row as.

        Where both have a row, by different seeds that they name, it is of all of them; else the
        one of before gives way.
        """
        before = {record.key: record for record in self.rows}
        found = []
        for record in records:
            old = before.pop(record.key, None)
            found.append(pooled(old, record) if old and record.adds_to(old) else record)
        return in_order([*found, *before.values()])


def read_earlier(path: Path | str | None) -> Earlier:
    """What the file of an earlier reproduction holds; nothing where there is none.

    Raises:
        InputError: it is no such file.
    """
    return Earlier() if path is None else read_document(Earlier, path)
