"""What an earlier reproduction was made on, kept with what is taken over from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ....checked_json import read_value
from ....typed_json import from_json

T = TypeVar("T")


@dataclass(frozen=True)
class Machine:
    """What records were made on, as `rows.document.document` writes it."""

    machine: str = ""
    versions: dict[str, Any] = field(default_factory=dict)


def read_document(cls: type[T], path: Path | str) -> T:
    """The JSON file of an earlier reproduction, as a record.

    Raises:
        InputError: it is no such file.
    """
    remedy = "give the JSON file that `reproduce` has written, or leave --earlier out"
    return from_json(cls, read_value(Path(path), "the records of a reproduction", remedy))


def machines(own: Machine, before: Sequence[Machine]) -> list[dict[str, Any]]:
    """The machines of what is taken over, JSON-able: the file's own, and those in it."""
    return [asdict(machine) for machine in (own, *before)]
