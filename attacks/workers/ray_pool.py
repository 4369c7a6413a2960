"""Workers on Ray: actors that attack one text at a time, and that Ray starts again where they die.

The process that asks for records hands out the texts and is alone in writing the file, so a worker
or a node that is killed costs the text it was at. Ray restarts the actor, but does not repeat the
text: on a cluster there may be no room for the actor any more, and then the text would wait for
it. Another worker attacks it.
"""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ...errors import SnnConvertError, one_line
from ..job import Example, Job, failure
from ..presets import PRESETS
from ..records import Record
from .pool import AttackPool, Load
from .ray_session import ray_session, undisturbed
from .ray_worker import Failure, RayWorker, surroundings

TRIES = 3
"""A text at which so many workers died is given up, with a record that says so. Ray tries as often
to start a worker."""
SPARE_STARTS = 3
"""So many workers, beyond their number, may die one after the other without any record."""
WAITING = "still waiting for workers"
PATIENCE = 60.0
"""Seconds without any worker after which the user is told, once, what is waited for."""


@contextmanager
def ray_pool(
    load: Load, workers: int, address: str | None, gpu_share: float = 0.0
) -> Iterator[RayPool]:
    """Ray actors on a Ray of this machine, or on the cluster at ``address``; see `attack_pool`."""
    with ray_session(workers, address, gpu_share) as count:
        from ray import cloudpickle

        needed = cloudpickle.dumps((load, PRESETS.added()))
        pool = RayPool(
            RayWorker, (needed, surroundings(), "node" if address else ""), count, gpu_share
        )
        try:
            yield pool
        finally:
            with undisturbed():
                pool.close()


class RayPool(AttackPool):
    """Ray actors, each with at most one text.

    Args:
        kind: the class of the actors, as `RayWorker`.
        arguments: for each.
        workers: how many; Ray is connected.
        gpu_share: of a GPU that each needs.
    """

    def __init__(
        self, kind: type, arguments: Sequence[Any], workers: int, gpu_share: float = 0.0
    ) -> None:
        import ray

        self.workers = workers
        self._ray = ray
        ray.method(max_task_retries=TRIES - 1)(kind.start)  # type: ignore[attr-defined]
        actor: Any = ray.remote(num_cpus=1, num_gpus=gpu_share, max_restarts=-1)(kind)
        self._actors = [actor.remote(*arguments) for _ in range(workers)]
        self._calls: dict[Any, tuple[Any, Example | None]] = {}  # call: actor, its text if any
        self._idle: list[Any] = []
        self._deaths = 0  # since the last record
        self._warned = False
        for actor in self._actors:
            self._start(actor)

    def records(self, job: Job, examples: Sequence[Example]) -> Generator[Record]:
        """The records as they end; see `AttackPool.records`."""
        waiting, tries = deque(examples), Counter[int]()
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
                        self._died(actor, outcome, 1 if example else TRIES)
                        if example is None:
                            continue
                        tries[example.index] += 1
                        if tries[example.index] < TRIES:
                            waiting.appendleft(example)
                        else:
                            yield failure(example, f"{TRIES} workers died: {_reason(outcome)}")
        finally:
            for actor in self._busy():  # nobody asks for their texts any more
                self._restart(actor)

    def close(self) -> None:
        """End all actors."""
        for actor in self._actors:
            with suppress(self._ray.exceptions.RayError, ValueError):
                self._ray.kill(actor)
        self._calls.clear()
        self._idle.clear()

    def _start(self, actor: Any) -> None:
        """Let an actor load what it needs; Ray does so again where it dies meanwhile."""
        self._calls[actor.start.remote()] = (actor, None)

    def _restart(self, actor: Any) -> None:
        """End what an actor does, and let Ray start it again."""
        self._calls = {c: (a, e) for c, (a, e) in self._calls.items() if a is not actor}
        with suppress(self._ray.exceptions.RayError, ValueError):
            self._ray.kill(actor, no_restart=False)
        self._start(actor)

    def _hand_out(self, job: Job, example: Example) -> None:
        actor = self._idle.pop()
        self._calls[actor.attack.remote(job, example)] = (actor, example)

    def _busy(self) -> list[Any]:
        return [actor for actor, example in self._calls.values() if example is not None]

    def _ended(self) -> Iterator[tuple[Any, Example | None, Any]]:
        """Wait for calls to end: actor, text, and its record, failure, None or exception."""
        while not (calls := self._ray.wait(list(self._calls), timeout=PATIENCE)[0]):
            if not self._warned and not self._busy():
                self._warned = True
                print(f"{WAITING}: for CPUs of Ray, or to load", file=sys.stderr)
        for call in calls:
            actor, example = self._calls.pop(call)
            try:
                outcome = self._ray.get(call)
            except self._ray.exceptions.RayError as error:
                yield actor, example, error
                continue
            self._idle.append(actor)
            yield actor, example, outcome

    def _died(self, actor: Any, error: Exception, times: int) -> None:
        """Give up where workers die one after another; otherwise wait for this one's restart."""
        self._deaths += times
        if self._deaths > self.workers + SPARE_STARTS:
            raise SnnConvertError(
                f"{self._deaths} workers died without a record, the last one so: "
                f"{_reason(error)}; a worker needs about 1 GB: fewer of them may live"
            )
        self._start(actor)


def _reason(error: Exception) -> str:
    """What Ray says of a death, in a line that is not long."""
    text = one_line(error)
    return text if len(text) <= 200 else f"{text[:197]}..."
