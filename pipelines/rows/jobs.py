"""Jobs shared out to processes; what each makes is said as soon as it is done."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from ...progress import silenced
from .threads import alone

C = TypeVar("C")


def connected(address: str | None) -> AbstractContextManager[object]:
    """A block in which several `made` use one connection to a Ray cluster; nothing without one.

    Raises:
        InputError: Ray is not installed, or there is no such cluster.
    """
    if address is None:
        return nullcontext()
    from ...attacks.workers.ray_session import ray_session

    return ray_session(0, address)


def made(
    jobs: Sequence[Sequence[C]],
    make: Callable[[C], object],
    workers: int,
    address: str | None = None,
) -> Iterator[Sequence[C]]:
    """Make what ``jobs`` hold, one after another within a job; yields what is done.

    Args:
        jobs: the longest first, so that no process ends long after the others
        make: makes one of a job; with several processes it must be picklable
        workers: processes; one works in this process itself
        address: of a Ray cluster that works in their place, see `made_on_cluster`
    """
    if address is not None:
        from .cluster import made_on_cluster

        yield from made_on_cluster(jobs, make, address)
        return
    if workers == 1 or len(jobs) < 2:
        alone()
        for job in jobs:
            for item in job:
                make(item)
                yield (item,)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, alone) as pool:
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
