"""Progress bars and lines about progress: all of this package are made here.

So one switch silences them all, and a log file can leave the bars out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .turns import Turns

_SILENT = ContextVar("silent", default=False)
# what other libraries' bars are switched off by; each reads it once, when it is first imported
_TURNS, _COUNT = Turns(), {"blocks": 0}  # of the blocks of `silenced` that are open
_BEFORE: dict[str, str | None] = {}  # what the switches were before the first of them
SWITCHES = {"TQDM_DISABLE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


def bar(
    items: Iterable[Any] | None = None, shown: bool = True, always: bool = False, **look: Any
) -> Any:
    """A progress bar (of tqdm) over ``items``, or one that is moved by hand with ``update``.

    Args:
        items: what to go through; None where the bar is moved by hand
        shown: whether it is drawn at all; inside `silenced` none is
        always: draw it also where there is no terminal, as in a log file
        look: title, units and so on, as tqdm takes them

    It is drawn on the error stream, or on its ``screen`` where it has one (a stream that is also
    written to a log file).
    """
    from tqdm import tqdm  # slow to import, and `silenced` must come before it

    drawn = shown and not silent()
    disable = (False if always else None) if drawn else True  # None: only on a terminal
    look = {"file": getattr(sys.stderr, "screen", sys.stderr), "dynamic_ncols": True} | look
    return tqdm(iterable=items, disable=disable, **look)


def say(sentence: str) -> None:
    """Say on the error stream, in one line, what has been done; nothing inside `silenced`."""
    if not silent():
        print(f"{sentence}\n", end="", file=sys.stderr, flush=True)  # one write: never half a line


def silent() -> bool:
    """Whether no bars are drawn here."""
    return _SILENT.get()


@contextmanager
def silenced(wanted: bool = True) -> Iterator[None]:
    """Without progress bars inside, where that is wanted.

    Bars of other libraries are silenced by their own switches, in this process where the library
    is not loaded yet, and in all that it starts.
    """
    if not wanted:
        yield
        return
    token = _SILENT.set(True)
    _switch(1)
    try:
        yield
    finally:
        _SILENT.reset(token)
        _switch(-1)


def _switch(more: int) -> None:
    """Count the blocks of `silenced` of all threads: the last one sets the switches back."""
    with _TURNS:
        if not _BEFORE:
            _BEFORE.update({name: os.environ.get(name) for name in SWITCHES})
            os.environ.update(SWITCHES)
        _COUNT["blocks"] += more
        if not _COUNT["blocks"]:
            for name, value in _BEFORE.items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})
            _BEFORE.clear()
