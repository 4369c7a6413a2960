"""Memory that is free but not the system's yet."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


@cache
def _trim() -> Callable[[int], int] | None:
    """The C library's own call for it; None where it has none (only glibc does)."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None


def give_back() -> None:
    """Give freed memory back to the system, where the C library can.

    Tensors of many sizes that come and go leave holes between the small things that stay, and
    glibc keeps the holes: a long loop would take twice what it holds. A call costs about a
    millisecond.
    """
    trim = _trim()
    if trim is not None:
        trim(0)
