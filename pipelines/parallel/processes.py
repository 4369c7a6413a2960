"""What the processes of one training do together: the operations of one process, which do nothing.

`group.py` has those of several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

from ...errors import InputError
from ...models.devices import find_device
from .ranks import find_ranks

T = TypeVar("T")
# padded ids (B, L), lengths (B,) and the step's randomness to outputs with gradients
Outputs = Callable[[Tensor, Tensor, torch.Generator], Tensor]


class Held(Protocol):
    """What one command at a time works in: a run folder."""

    def locked(self) -> AbstractContextManager[None]:
        """Inside, no other command works in it."""


class Processes:
    """One process, which has every batch whole."""

    count = 1
    first = True
    """Whether this process writes the files."""

    @contextmanager
    def locked(self, run: Held) -> Iterator[None]:
        """The folder of ``run`` is held inside, by the first process for all of them."""
        with run.locked():
            yield

    def in_turn(self, work: Callable[[], T]) -> T:
        """The result of ``work``, which the others begin when the first has ended it."""
        return work()

    def outputs(
        self, compute: Outputs, ids: Tensor, lengths: Tensor, random: torch.Generator
    ) -> Tensor:
        """Outputs (..., B, K) of a batch, those of the own texts with gradients.

        Args:
            compute: the outputs of some texts
            ids: padded ids (B, L) of the whole batch
            lengths: (B,)
            random: of the step
        """
        return compute(ids, lengths, random)

    def add_up(self, model: nn.Module) -> None:
        """Let every process have the sum of all processes' gradients."""

    def alike(self, tensors: Iterable[Tensor]) -> None:
        """Let every process have the first one's values of ``tensors``."""

    def by_first(self, work: Callable[[], T]) -> T:
        """The result of ``work`` of the first process, for all of them; it must be JSON-able."""
        return work()


ALONE = Processes()
CURRENT: ContextVar[Processes] = ContextVar("CURRENT", default=ALONE)


def current() -> Processes:
    """The processes that work together here, see `group.joined`."""
    return CURRENT.get()


def own_device(name: str) -> torch.device:
    """The device called ``name``; of several GPUs each process has one.

    Raises:
        InputError: there is no such device here, or there are fewer GPUs than processes.
    """
    ranks = find_ranks()
    if name != "cpu" and ranks.count > 1 and torch.cuda.is_available():
        there = torch.cuda.device_count()
        if ranks.here > there:
            raise InputError(
                f"expected a GPU for each of the {ranks.here} processes on this machine, but got "
                f"{there}: start {there} of them (--nproc-per-node {there}), or give --device cpu"
            )
        torch.cuda.set_device(ranks.local)
    return find_device(name)
