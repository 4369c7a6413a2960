"""Who attacks the texts: this process, or workers on this machine or on a cluster.

A worker loads TextAttack once and every victim once, and gives back one record per text. Which
worker attacks a text, and which texts it attacked before, makes no difference to the record.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import lru_cache

from ..attacker import Attacker
from ..job import Example, Job
from ..presets.requirements import check_classifier
from ..records import Record
from ..victims import Classifier

Load = Callable[[str], Classifier]
"""From the name of a victim to its classifier; to go to workers, it must be picklable."""

KEPT = 3
"""Victims that a worker keeps: an attack meets them one after the other, seldom again."""


class Worker:
    """Attacks texts with what it has loaded; the victim and the attack of the last job are ready.

    Args:
        load: makes a classifier; called once per victim.
    """

    def __init__(self, load: Load) -> None:
        self.load: Load = lru_cache(maxsize=KEPT)(load)
        self._attacker: Attacker | None = None

    def attack(self, job: Job, example: Example) -> Record:
        """Attack one text; what goes wrong with the text becomes a record.

        Raises:
            InputError: the victim cannot be loaded, or the attack is not for it.
        """
        if self._attacker is None or self._attacker.job != job:
            self._attacker = None  # makes room before the next one is built
            classifier = self.load(job.victim)
            check_classifier(classifier, job.preset)
            self._attacker = Attacker(classifier, job)
        return self._attacker.record(example)


class AttackPool:
    """Somebody to attack texts; made by `attack_pool`."""

    workers = 1
    """How many texts are attacked side by side."""

    def records(self, job: Job, examples: Sequence[Example]) -> Generator[Record]:
        """The record of every text of ``examples`` as it ends, in any order.

        Raises:
            InputError: as `Worker.attack`.
            SnnConvertError: workers cannot be started, or end again and again.
        """
        raise NotImplementedError


class OneProcess(AttackPool):
    """Attacks in this process, one text after the other."""

    def __init__(self, load: Load) -> None:
        self._worker = Worker(load)

    def records(self, job: Job, examples: Sequence[Example]) -> Generator[Record]:
        """The records in the order of ``examples``."""
        for example in examples:
            yield self._worker.attack(job, example)
