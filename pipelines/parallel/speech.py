"""What several processes say: as much as one. Light: no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from ...errors import InputError
from .ranks import Ranks, find_ranks


@contextmanager
def one_speaks() -> Iterator[None]:
    """Inside only the first process is heard; an error goes on through, to be said after it."""
    if find_ranks().first:
        yield
        return
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        yield


def speaker(error: BaseException, ranks: Ranks) -> str:
    """Who says ``error``, as it stands before it; nothing where another process says the same.

    All processes of a machine read the same words and files, so what is wrong with these the first
    of them says.
    """
    if ranks.local and isinstance(error, InputError):
        return ""
    return "snnconvert" if ranks.first else f"snnconvert (process {ranks.rank})"


def refuse_several(what: str) -> None:
    """Refuse ``what`` where several processes were started for it.

    Raises:
        InputError: there are several.
    """
    count = find_ranks().count
    if count > 1:
        raise InputError(
            f"expected one process for {what}, but torchrun has started {count}: give the command "
            "without torchrun (train and finetune share their work among several)"
        )
