"""Jobs shared out to processes; what each makes is said as soon as it is done."""

from __future__ import annotations

import ctypes
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from typing import TypeVar

import torch

from ...progress import silenced

C = TypeVar("C")


def made(
    jobs: Sequence[Sequence[C]], make: Callable[[C], object], workers: int
) -> Iterator[Sequence[C]]:
    """Make what ``jobs`` hold, one after another within a job; yields what is done.

    Args:
        jobs: the longest first, so that no process ends long after the others
        make: makes one of a job; with several processes it must be picklable
        workers: processes; one works in this process itself
    """
    if workers == 1 or len(jobs) < 2:
        _alone()
        for job in jobs:
            for item in job:
                make(item)
                yield (item,)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _alone) as pool:
        futures = [pool.submit(_job, make, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _job(make: Callable[[C], object], job: Sequence[C]) -> Sequence[C]:
    with silenced():
        for item in job:
            make(item)
    return job


def _alone() -> None:
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
