"""Threads: work cut so that its result is the same bits for any number of them.

A library's product of matrices may add up in another order for every number of threads. Here it is
cut into blocks whose size does not depend on that number, and every block is one thread's. Python
threads run the blocks, as they run the kernels, which hold no interpreter lock.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar

import torch

_kept: ContextVar[int | None] = ContextVar("_kept", default=None)


@contextmanager
def torch_on_one_thread() -> Iterator[None]:
    """Inside the block torch runs every operation on one thread; :func:`in_parts` keeps them all.

    The threads of :func:`in_parts` have one of torch's each, and do not share out a block again.
    """
    threads = torch.get_num_threads()
    token = _kept.set(kernel_threads())
    try:
        if threads > 1:
            torch.set_num_threads(1)
        yield
    finally:
        _kept.reset(token)
        if threads > 1:
            torch.set_num_threads(threads)


def kernel_threads() -> int:
    """How many threads :func:`in_parts` uses: torch's number outside of any such block.

    More than there are cores would only wait for one another.
    """
    kept = _kept.get()
    return min(torch.get_num_threads(), cores()) if kept is None else kept


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # what a container or `taskset` leaves of them
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_parts(size: int, run: Callable[[int, int], None], part: int = 0) -> None:
    """Call ``run`` for the ranges that ``size`` is cut into, on :func:`kernel_threads` threads.

    part: longest range; without it each thread has one
    """
    threads = kernel_threads()
    part = part or max(1, math.ceil(size / threads))
    ranges = [(start, min(start + part, size)) for start in range(0, size, part)]
    if threads == 1 or len(ranges) == 1:
        for start, stop in ranges:
            run(start, stop)
        return
    # a new thread takes over torch's number when it is asked for it, not before its first product
    with ThreadPoolExecutor(min(threads, len(ranges)), initializer=torch.get_num_threads) as pool:
        for done in [pool.submit(run, start, stop) for start, stop in ranges]:
            done.result()
