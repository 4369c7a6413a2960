"""Jobs shared out to the machines of a Ray cluster, which have one folder between them."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from ...attacks.workers.ray_session import ray_session, undisturbed
from ...attacks.workers.ray_worker import Failure, surroundings
from ...errors import InputError, SnnConvertError, one_line
from ...progress import silenced
from ..versions import libraries
from .threads import alone

C = TypeVar("C")
RETRIES = 2
"""So often Ray begins a job anew whose process or machine was lost."""


def made_on_cluster(
    jobs: Sequence[Sequence[C]], make: Callable[[C], object], address: str
) -> Iterator[Sequence[C]]:
    """Make what ``jobs`` hold, a CPU of the cluster each; yields the jobs that are done.

    Args:
        jobs: the longest first, so that no machine ends long after the others
        make: makes one of a job, in files of a folder that every node has at the same place; it
            must be picklable
        address: of the cluster, as ``ray start`` prints it, or "auto"

    Raises:
        InputError: Ray is not installed, there is no such cluster, or a node has other versions.
        SnnConvertError: a job failed, or its process was lost again and again.
    """
    with ray_session(0, address):
        import ray

        remote: Any = ray.remote(num_cpus=1, max_retries=RETRIES)(_made_there)
        here, own = surroundings(), libraries()
        calls = {remote.remote(make, job, here, own): job for job in jobs}
        try:
            while calls:
                (call,), _ = ray.wait(list(calls), num_returns=1)
                _raise(ray.get(call))
                yield calls.pop(call)
        except ray.exceptions.RayError as error:
            raise SnnConvertError(
                f"a job was lost on the cluster: {one_line(error)[:200]}; what is done is kept, "
                "and the same command goes on"
            ) from error
        finally:
            with undisturbed():
                for call in calls:
                    with suppress(ray.exceptions.RayError, ValueError):
                        ray.cancel(call, force=True)


def _raise(outcome: Failure | None) -> None:
    if outcome is not None:
        raise outcome.error()


def _made_there(
    make: Callable[[C], object], job: Sequence[C], here: Mapping[str, str], own: Mapping[str, Any]
) -> Failure | None:
    """Make a job in a process of a node; what goes wrong comes back as one line."""
    os.environ.update(here)
    try:
        os.chdir(here["PWD"])
        _same_versions(own)
        alone()
        with silenced():
            for item in job:
                make(item)
    except Exception as error:
        return Failure.of(error, f"node {platform.node()}: ")
    return None


def _same_versions(own: Mapping[str, Any]) -> None:
    """That what computes is the same here.

    Raises:
        InputError: it is not.
    """
    other = [f"{n} {v}" for n, v in libraries().items() if own.get(n) != v]
    if other:
        raise InputError(
            f"expected the versions of the machine that the command runs on, but got "
            f"{', '.join(other)}: install the same on every node, as in constraints.txt"
        )
