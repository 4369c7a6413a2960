"""What an earlier reproduction was made on, kept with what is taken over from it."""

from __future__ import annotations

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


@dataclass(frozen=True)
class MadeOn:
    """What a file of an earlier reproduction says of where its records come from.

    machine, versions: what it was made on
    earlier: machines of what it had taken over itself
    """

    machine: str = ""
    versions: dict[str, Any] = field(default_factory=dict)
    earlier: list[Machine] = field(default_factory=list)

    def machines(self) -> list[dict[str, Any]]:
        """The machines of all that is taken over, each once, JSON-able; none without a file."""
        if not self.machine:
            return []
        all_of_them = [Machine(self.machine, self.versions), *self.earlier]
        return [asdict(made) for i, made in enumerate(all_of_them) if made not in all_of_them[:i]]
