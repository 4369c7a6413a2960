"""Which of several processes this is, by the variables that `torchrun` sets. Light: no torch."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ...errors import InputError

NEEDED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class Ranks:
    """The place of a process among those of one training.

    rank: counted from 0 over all machines; local: counted from 0 on this machine
    count: of the processes; here: of those on this machine
    """

    rank: int = 0
    count: int = 1
    local: int = 0
    here: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes the files and says what there is to say."""
        return self.rank == 0


def find_ranks() -> Ranks:
    """The ranks that the environment tells of; those of one process where it tells of no more.

    Raises:
        InputError: one of the variables is no number.
    """
    if any(name not in os.environ for name in NEEDED):
        return Ranks()
    count = _number("WORLD_SIZE", 1)
    if count < 2:
        return Ranks()
    rank = _number("RANK", 0)
    return Ranks(rank, count, _number("LOCAL_RANK", rank), _number("LOCAL_WORLD_SIZE", count))


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdecimal():
        raise InputError(
            f"expected the environment variable {name} to be a number, as torchrun sets it, but "
            f"it is {text!r}: start the processes by torchrun, or unset it"
        )
    return int(text)
