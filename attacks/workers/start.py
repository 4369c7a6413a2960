"""Which workers attack the texts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import InputError
from .pool import AttackPool, Load, OneProcess


@contextmanager
def attack_pool(
    load: Load, workers: int = 0, ray: str | None = None, gpu_share: float = 0.0
) -> Iterator[AttackPool]:
    """Workers for `run_attack`, which live as long as the block.

    One process needs nothing else. More are actors of Ray, of about 1 GB each: on a Ray that is
    started for them on this machine and stopped at the end, or on a cluster that is there. There
    snnconvert, the files that ``load`` reads and the language data must be at the same places on
    every node, and the same; where they are not, the run ends with an error that says so.

    Args:
        load: makes the classifier of a victim from its name; for workers a function that can be
            pickled, such as a ``functools.partial`` of a function of a module.
        workers: how many texts are attacked side by side; 0 is 1 without ``ray``, and with it one
            per CPU of the cluster.
        ray: address of a cluster, as ``ray start`` prints it, or "auto".
        gpu_share: of a GPU that each worker needs, for victims on one; 0.25 puts four workers on
            a GPU. Without it workers see no GPU. One process sees them all in any case.

    Raises:
        InputError: Ray is not installed, or there is no such cluster, or too few GPUs.
        SnnConvertError: Ray cannot be started.
    """
    if workers < 0:
        raise InputError(f"expected a number of workers of at least 0, got {workers}")
    if ray is None and workers < 2:
        yield OneProcess(load)
        return
    from .ray_pool import ray_pool

    with ray_pool(load, workers, ray, gpu_share) as pool:
        yield pool
