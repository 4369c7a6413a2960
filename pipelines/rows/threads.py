"""How many threads a process takes for its work."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import torch


def alone() -> None:
    """One thread a process, and large arrays taken again instead of from the system each time."""
    torch.set_num_threads(1)
    with suppress(OSError, AttributeError):  # another C library than glibc
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD
        mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


@contextmanager
def threads(count: int) -> Iterator[None]:
    """So many threads inside, for work that is done before other processes begin."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
