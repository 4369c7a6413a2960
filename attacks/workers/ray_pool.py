"""Workers on Ray: actors that attack one text at a time, and are replaced where they die.

The process that asks for records hands out the texts and is alone in writing the file, so a worker
or a node that is killed costs the text it was at, which another worker then attacks again.
"""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ...errors import SnnConvertError, one_line
from ..job import Example, Job, failure
from ..records import Record
from .pool import AttackPool, Load
from .ray_session import ray_session, undisturbed
from .ray_worker import Failure, RayWorker, surroundings

TRIES = 3
"""A text at which so many workers died is given up, with a record that says so."""
SPARE_STARTS = 3
"""So many workers, beyond their number, may die one after the other without any record."""
WAITING = "still waiting for workers"
PATIENCE = 60.0
"""Seconds without any worker after which the user is told, once, what is waited for."""


@contextmanager
def ray_pool(load: Load, workers: int, address: str | None) -> Iterator[RayPool]:
    """Ray actors on a Ray of this machine, or on the cluster at ``address``; see `attack_pool`."""
    with ray_session(workers, address) as count:
        from ray import cloudpickle

        arguments = (cloudpickle.dumps(load), surroundings(), "node" if address else "")
        pool = RayPool(RayWorker, arguments, count)
        try:
            yield pool
        finally:
            with undisturbed():
                pool.close()


class RayPool(AttackPool):
    """Ray actors, each with at most one text; those that die are replaced.

    Args:
        kind: the class of the actors, as `RayWorker`.
        arguments: for each.
        workers: how many; Ray is connected.
    """

    def __init__(self, kind: type, arguments: Sequence[Any], workers: int) -> None:
        import ray

        self.workers = workers
        self._ray, self._arguments = ray, arguments
        self._kind: Any = ray.remote(num_cpus=1, max_restarts=0)(kind)
        self._calls: dict[Any, tuple[Any, Example | None]] = {}  # call: actor, its text if any
        self._idle: list[Any] = []
        self._deaths = 0  # since the last record
        self._told = False
        self._fill()

    def records(self, job: Job, examples: Sequence[Example]) -> Generator[Record]:
        """The records as they end; see `AttackPool.records`."""
        waiting, tries = deque(examples), Counter[int]()
        self._fill()
        try:
            while waiting or self._busy():
                while waiting and self._idle:
                    self._hand_out(job, waiting.popleft())
                for actor, example, outcome in self._ended():
                    if isinstance(outcome, Failure):
                        raise outcome.error()
                    if isinstance(outcome, Record):
                        self._deaths = 0
                        yield outcome
                    elif isinstance(outcome, Exception):
                        self._replace(actor, outcome)
                        if example is None:
                            continue
                        tries[example.index] += 1
                        if tries[example.index] < TRIES:
                            waiting.appendleft(example)
                        else:
                            yield failure(example, f"{TRIES} workers died: {_reason(outcome)}")
        finally:
            for actor in self._busy():  # nobody asks for their texts any more
                self._drop(actor)

    def close(self) -> None:
        """End all actors."""
        for actor in [*self._idle, *(actor for actor, _ in self._calls.values())]:
            self._drop(actor)
        self._idle.clear()

    def _fill(self) -> None:
        """Start the workers that are missing."""
        while len(self._idle) + len(self._calls) < self.workers:
            actor = self._kind.remote(*self._arguments)
            self._calls[actor.start.remote()] = (actor, None)

    def _hand_out(self, job: Job, example: Example) -> None:
        actor = self._idle.pop()
        self._calls[actor.attack.remote(job, example)] = (actor, example)

    def _busy(self) -> list[Any]:
        return [actor for actor, example in self._calls.values() if example is not None]

    def _ended(self) -> Iterator[tuple[Any, Example | None, Any]]:
        """Wait for calls to end: actor, text, and its record, failure, None or exception."""
        while not (calls := self._ray.wait(list(self._calls), timeout=PATIENCE)[0]):
            if not self._told and not self._busy():
                self._told = True
                print(f"{WAITING}: for CPUs of Ray, or to load", file=sys.stderr)
        for call in calls:
            actor, example = self._calls.pop(call)
            try:
                outcome = self._ray.get(call)
            except self._ray.exceptions.RayError as error:
                yield actor, example, error
                continue
            if example is None and outcome is not None:
                self._drop(actor)  # it could not start
            else:
                self._idle.append(actor)
            yield actor, example, outcome

    def _replace(self, actor: Any, error: Exception) -> None:
        """Let another worker stand in for a dead one; give up where they die one after another."""
        self._drop(actor)
        self._deaths += 1
        if self._deaths > self.workers + SPARE_STARTS:
            raise SnnConvertError(
                f"{self._deaths} workers died without a record, the last one so: "
                f"{_reason(error)}; a worker needs about 1 GB: fewer of them may live"
            )
        self._fill()

    def _drop(self, actor: Any) -> None:
        self._calls = {c: (a, e) for c, (a, e) in self._calls.items() if a is not actor}
        with suppress(self._ray.exceptions.RayError, ValueError):
            self._ray.kill(actor)


def _reason(error: Exception) -> str:
    """What Ray says of a death, in a line that is not long."""
    text = one_line(error)
    return text if len(text) <= 200 else f"{text[:197]}..."
