"""Several processes that train one model: each computes a share of every batch.

Every process has the weights, the order of the texts and the noise of the whole batch. It computes
the outputs of its own texts, receives those of the others, and so has the loss of the whole batch,
whatever the loss is made of. Backward, each has the part of the gradient that goes through its own
texts, and the sum of these parts is the gradient of the whole batch: a step is that of one process,
but for the order in which numbers are added up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn

from ...errors import SnnConvertError
from ...models.divided import Part, divided
from .processes import ALONE, CURRENT, Held, Outputs, Processes
from .ranks import Ranks, find_ranks

T = TypeVar("T")
STEP = timedelta(minutes=10)
"""The longest that one process waits for the others within a step."""
WORK = timedelta(hours=12)
"""The longest that the others wait while the first works: on data, dev or the figures."""


@contextmanager
def joined() -> Iterator[Processes]:
    """The processes that `torchrun` has started, come together inside; alone without any.

    Raises:
        SnnConvertError: they do not find one another.
    """
    ranks = find_ranks()
    if ranks.count == 1:
        yield ALONE
        return
    own = not distributed.is_initialized()
    with _answering():
        if own:
            distributed.init_process_group(_backend(), timeout=STEP)
        group = Group(ranks, distributed.new_group(backend="gloo", timeout=WORK))
    token = CURRENT.set(group)
    try:
        yield group
    finally:
        CURRENT.reset(token)
    if own:  # after an error the end of the process closes what is open, and so tells the others
        distributed.destroy_process_group()


def _backend() -> str:
    """Gloo for what lies on a CPU, NCCL for what lies on a GPU."""
    both = torch.cuda.is_available() and distributed.is_nccl_available()
    return "cpu:gloo,cuda:nccl" if both else "gloo"


@contextmanager
def _answering() -> Iterator[None]:
    """Around what the processes do together.

    Raises:
        SnnConvertError: another one has ended, or does not answer in time.
    """
    try:
        yield
    except RuntimeError as error:
        raise SnnConvertError(
            "another process of this training has ended (its own line says why, unless it was "
            "killed) or does not answer: the same command goes on from the last checkpoint"
        ) from error


class Group(Processes):
    """Several processes, which divide every batch among them.

    Args:
        ranks: the place of this one among them
        waiting: the same processes, where they wait for longer than a step
    """

    def __init__(self, ranks: Ranks, waiting: distributed.ProcessGroup | None) -> None:
        self.rank, self.count, self.first = ranks.rank, ranks.count, ranks.first
        self._waiting = waiting

    @contextmanager
    def locked(self, run: Held) -> Iterator[None]:
        """As `Processes.locked`; the others begin when it is held, and all end together."""
        with run.locked():
            self._meet()
            yield
            self._meet()

    def in_turn(self, work: Callable[[], T]) -> T:
        """As `Processes.in_turn`."""
        if not self.first:
            self._meet()
            return work()
        found = work()
        self._meet()
        return found

    def outputs(
        self, compute: Outputs, ids: Tensor, lengths: Tensor, random: torch.Generator
    ) -> Tensor:
        """As `Processes.outputs`: every so many-th text is this process's own.

        Texts of similar lengths stand beside one another, so every process has as much to do.
        """
        if len(ids) < self.count:  # too few to divide: the first alone learns from them
            whole = compute(ids, lengths, random)
            return whole if self.first else whole.detach().requires_grad_()
        rows = slice(self.rank, None, self.count)
        with divided(Part(rows, len(ids), _Summed.apply)):
            own = compute(ids[rows].contiguous(), lengths[rows].contiguous(), random)
        return self._with_others(own if own.dtype == torch.float64 else own.float(), rows, len(ids))

    def _with_others(self, own: Tensor, rows: slice, total: int) -> Tensor:
        """Outputs (..., B, K) of all texts, the ``own`` ones (..., b, K) with gradients."""
        index = torch.arange(total, device=own.device)[rows]
        whole = own.new_zeros(*own.shape[:-2], total, own.shape[-1])
        whole = whole.index_copy(-2, index, own.detach())
        with _answering():
            distributed.all_reduce(whole)
        return whole.index_copy(-2, index, own)

    def add_up(self, model: nn.Module) -> None:
        """As `Processes.add_up`; what no process has a gradient for keeps none."""
        learned = [p for p in model.parameters() if p.requires_grad]
        there = learned[0].new_tensor([float(p.grad is not None) for p in learned])
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in learned]
        flat = torch.cat([*(part.flatten() for part in parts), there])
        with _answering():
            distributed.all_reduce(flat)
        *sums, there = flat.split([*(p.numel() for p in learned), len(learned)])
        for parameter, total, processes in zip(learned, sums, there.tolist(), strict=True):
            parameter.grad = total.view_as(parameter) if processes else None

    def alike(self, tensors: Iterable[Tensor]) -> None:
        """As `Processes.alike`."""
        with _answering():
            for tensor in tensors:
                distributed.broadcast(tensor.detach(), src=0)

    def by_first(self, work: Callable[[], T]) -> T:
        """As `Processes.by_first`; sent as JSON."""
        text = json.dumps(work()).encode() if self.first else b""
        size = self._from_first(torch.tensor([len(text)]))
        data = torch.zeros(int(size), dtype=torch.uint8)
        if self.first:
            data = torch.frombuffer(bytearray(text), dtype=torch.uint8)
        found: T = json.loads(self._from_first(data).numpy().tobytes())
        return found

    def _from_first(self, tensor: Tensor) -> Tensor:
        with _answering():
            distributed.broadcast(tensor, src=0, group=self._waiting)
        return tensor

    def _meet(self) -> None:
        """Wait until every process is here."""
        with _answering():
            distributed.all_reduce(torch.zeros(1), group=self._waiting)


class _Summed(torch.autograd.Function):
    """The sum of a tensor over all processes.

    Each process's tensor is part of what all of them read, so its gradient is the sum of theirs.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return _sum(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return _sum(gradients[0])


def _sum(values: Tensor) -> Tensor:
    total = values.detach().clone().contiguous()
    with _answering():
        distributed.all_reduce(total)
    return total
