"""Training in pieces of time, whose memory does not grow with T.

Frames, tables and potentials are those of `STEPS` steps at a time, and a window keeps a few numbers
from piece to piece. Forward the pooled spikes are kept, a byte each; backward the potentials are
computed again, from the first step on, and what a step adds to the gradients is added at once.
So only ways that need no later piece can do it: sltt; the exact one that is truncated, where pieces
end at its cuts; rate and dsr, which read sums over time; and ottt, whose sum of later steps is that
of all steps less what has been. The results are those of the front without pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from ....models.encoders.encoder import Encoder
from ....models.network import Node
from ....models.nodes.layers import Dropout
from ....models.snn import SpikingTextModel
from ...plan import Plan
from ...threads import in_parts
from ..front import Front
from ..pieces import Part, TrainedBranch, block_of, parts_of
from ..pooled import filters_of
from ..words import Words, project
from .cut import in_time

if TYPE_CHECKING:
    from .kernels import Carried

STEPS = 2
"""Steps of a piece of time."""
AT_ONCE = {"rate": 8, "dsr": STEPS, "sltt": 8, "ottt": 8, "exact": 8}
"""The backward passes that can be run so, and up to how many steps they are run at once: pieces
take 1.3 to 2.2 times as long, and for few steps save no memory but that of dsr. The exact one can
where it is truncated."""


class FrontAndRest(Protocol):
    """What is asked of `fast.FastTraining`."""

    model: SpikingTextModel
    plan: Plan
    front: Front
    rest_nodes: list[Node]

    @property
    def fused(self) -> bool:
        """Whether kernels run the front."""

    def rest(self, pooled: Tensor) -> Tensor:
        """Output currents (T, B, K) of the pooled spikes (T, B, C) of all branches."""


def streams(training: FrontAndRest) -> bool:
    """Whether a training can and should be run in pieces of time."""
    encoder, rest = training.model.encoder, training.rest_nodes
    surrogate = training.front.surrogate
    most = AT_ONCE.get(surrogate.backward)
    return (
        training.fused
        and most is not None
        and training.model.steps > most
        and (surrogate.backward != "exact" or 0 < surrogate.truncate < training.model.steps)
        and all(branch.rule in ("spikes", "mean") for branch in training.plan.branches)
        and all(node.timeless for node in rest)
        and isinstance(encoder, Encoder)
    )


def streamed(
    training: FrontAndRest, ids: Tensor, lengths: Tensor, generator: torch.Generator | None
) -> Tensor:
    """Output currents (T, B, K) of padded ids (B, L), with gradients."""
    run = _Run(training, ids, lengths, generator)
    outputs = _Streamed.apply(run, *run.filters, *run.rest)
    assert isinstance(outputs, Tensor)
    return outputs


@dataclass(frozen=True)
class _Run:
    """A batch that is trained on."""

    training: FrontAndRest
    ids: Tensor
    lengths: Tensor
    generator: torch.Generator | None

    @cached_property
    def branches(self) -> list[TrainedBranch]:
        """The branches of the front."""
        front = self.training.front
        return [TrainedBranch.of(front.network, branch) for branch in front.branches]

    @cached_property
    def filters(self) -> list[nn.Parameter]:
        """Weight and bias of every branch."""
        return [p for branch in self.branches for p in (branch.conv.weight, branch.conv.bias)]

    @cached_property
    def rest(self) -> list[nn.Parameter]:
        """The parameters of the nodes behind the front."""
        nodes = self.training.rest_nodes
        return [p for node in nodes for p in node.parameters() if p.requires_grad]

    @cached_property
    def draws(self) -> list[torch.Generator]:
        """What is drawn from: by the code, and by dropout."""
        own = [node.generator for node in self.training.rest_nodes if isinstance(node, Dropout)]
        known = [g if g is not None else torch.default_generator for g in [self.generator, *own]]
        return list({id(g): g for g in known}.values())

    def pieces(self) -> Any:
        """The words of a few steps after one another; a piece ends where time is cut."""
        model, cut = self.training.model, self.training.front.surrogate.truncate
        return in_time(model, self.ids, self.lengths, max(STEPS, cut), self.generator)

    @property
    def by_mean(self) -> bool:
        """Whether gradients are those of the mean frame alone."""
        return self.training.front.surrogate.backward in ("rate", "dsr")

    @cached_property
    def together(self) -> list[range]:
        """The branches that go backward through time together.

        rate and dsr carry several numbers a window, so they take one branch after the other, for a
        tenth less memory; sltt and ottt would lose a quarter of their speed by it.
        """
        count = len(self.branches)
        return [range(i, i + 1) for i in range(count)] if self.by_mean else [range(count)]

    def parts(self, words: Words, of: Collection[int]) -> Any:
        """The pieces of channels of these branches, each with its table of projections."""
        for part in parts_of(self.branches, self.training.front.surrogate, words):
            if part.number in of:
                yield part, project(words, self.filters[2 * part.number][part.channels])

    def carried(self, of: Iterable[int], names: Sequence[str]) -> dict[int, Carried]:
        """What the windows of these branches begin with; arrays not in ``names`` are empty."""
        from .kernels import Carried

        made = {}
        for number in of:
            branch = self.branches[number]
            windows = int(branch.conv.windows(self.lengths).max())
            shape = len(self.lengths), windows, branch.branch.channels
            arrays = {n: np.zeros(shape if n in names else (0, 0, 0), np.float32) for n in NAMES}
            arrays["v"][:] = np.asarray(branch.neurons.initial, np.float32)
            arrays["trace"][:] = 1
            made[number] = Carried(**arrays)
        return made


NAMES = ("v", "total", "trace", "slope")
NEEDED = {
    "sltt": ("v",),
    "exact": ("v",),
    "ottt": ("v", "total"),
    "dsr": ("v", "total", "slope"),
    "rate": NAMES,
}


class _Streamed(torch.autograd.Function):
    """Output currents (T, B, K) of a `_Run`."""

    @staticmethod
    def forward(ctx: Any, run: _Run, *parameters: Tensor) -> Tensor:
        """Piece by piece: project, gather, integrate, fire, pool, read out."""
        ctx.run, ctx.draws = run, [draws.get_state() for draws in run.draws]
        outputs, ctx.pooled, carried = [], [], run.carried(range(len(run.branches)), ["v"])
        mean: Tensor | None = None
        for words in run.pieces():
            pooled = _pooled(run, words, carried)
            ctx.pooled.append(pooled.to(torch.uint8) if _spikes(run) else pooled)
            outputs.append(run.training.rest(pooled))
            if run.by_mean:
                mean = torch.zeros(words.shape[1:], dtype=words.dtype) if mean is None else mean
                words.add_steps(mean, 1 / run.training.model.steps)
        ctx.mean = None if mean is None else _one_frame(words, mean)
        return torch.cat(outputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Again from the first step on, with the same draws, some branches after the other."""
        run = ctx.run
        made = [torch.zeros_like(p) for p in (*run.filters, *run.rest)]
        after = [draws.get_state() for draws in run.draws]
        for of in run.together:
            _branches(ctx, gradients[0], of, made)
        for draws, state in zip(run.draws, after, strict=True):
            draws.set_state(state)
        return (None, *made)


def _branches(ctx: Any, given: Tensor, of: range, made: list[Tensor]) -> None:
    """All passes through time of some branches; arguments as of `_pass`."""
    run, way = ctx.run, ctx.run.training.front.surrogate.backward
    carried = run.carried(of, NEEDED[way])
    passes = {"sltt": [False], "exact": [False], "ottt": [True, False]}.get(way, [True])
    for turn, collect in enumerate(passes):
        for draws, state in zip(run.draws, ctx.draws, strict=True):
            draws.set_state(state)
        if turn:  # what was collected stays, the potentials begin anew
            begin = run.carried(of, ["v"])
            carried = {number: c._replace(v=begin[number].v) for number, c in carried.items()}
        _pass(ctx, given, carried, collect, made, first=not (turn or of.start))
    if run.by_mean:
        _finish(run, carried, ctx.mean, made)


def _pass(
    ctx: Any,
    given: Tensor,
    carried: dict[int, Carried],
    collect: bool,
    made: list[Tensor],
    first: bool,
) -> None:
    """One pass through time.

    Args:
        ctx: of `_Streamed`
        given: gradient for the outputs (T, B, K)
        carried: of every branch that takes part
        collect: as `stream_backward`
        made: the gradients of all parameters, added to
        first: whether those of the nodes behind the front are added too
    """
    run, start = ctx.run, 0
    for words, kept in zip(run.pieces(), ctx.pooled, strict=True):
        stop = start + len(words.order)
        behind = made[len(run.filters) :] if first else []
        pooled = _behind(run, kept.to(words.dtype), given[start:stop], behind)
        for part, table in run.parts(words, carried):
            _backward(part, words, table, pooled, carried[part.number], collect, made)
        start = stop


def _one_frame(words: Words, frame: Tensor) -> Words:
    """The same words with one frame (N, D')."""
    order = np.zeros(1, np.int64)
    return replace(
        words, shape=(1, *frame.shape), frames=frame.unsqueeze(0), events=None, order=order
    )


def _pooled(run: _Run, words: Words, carried: dict[int, Carried]) -> Tensor:
    """Pooled spikes (T', B, C) of all branches."""
    from ..kernels import Batch
    from .kernels import stream_forward

    channels = sum(branch.branch.channels for branch in run.branches)
    pooled = torch.empty((len(words.order), len(words.rows), channels), dtype=words.dtype)
    out = pooled.numpy()
    for part, table in run.parts(words, carried):
        batch = Batch(table.numpy(), words.rows, part.windows)
        v = carried[part.number].v[:, :, part.channels]

        def block(
            start: int, stop: int, piece: Any = part.piece, b: Any = batch, v: Any = v
        ) -> None:
            stream_forward(b, piece, start, stop, v, out)

        in_parts(len(part.piece.bias), block, block_of(part.piece, part.windows))
    return pooled


def _behind(run: _Run, pooled: Tensor, given: Tensor, made: list[Tensor]) -> Tensor:
    """The gradient for pooled spikes (T', B, C) of one for outputs (T', B, K).

    made: gradients of the nodes behind the front, added to; empty to leave them
    """
    leaf = pooled.requires_grad_()
    with torch.enable_grad():
        outputs = run.training.rest(leaf)
        read = [leaf, *(run.rest if made else [])]
        found = torch.autograd.grad(outputs, read, given, allow_unused=True)
    for total, own in zip(made, found[1:], strict=bool(made)):
        if own is not None:
            total += own
    return torch.zeros_like(leaf) if found[0] is None else found[0].contiguous()


def _backward(
    part: Part,
    words: Words,
    table: Tensor,
    pooled: Tensor,
    carried: Carried,
    collect: bool,
    made: list[Tensor],
) -> None:
    """Take the gradient for pooled spikes (T', B, C) through a piece of channels."""
    from ..kernels import Batch
    from .kernels import stream_backward

    batch, out = Batch(table.numpy(), words.rows, part.windows), pooled.numpy()
    own = type(carried)(*(array[:, :, part.channels] for array in carried))
    gradient = torch.zeros_like(table) if not collect else table.new_empty((0, 0, 0))

    def run(start: int, stop: int, gradients: Any) -> None:
        stream_backward(batch, part.piece, start, stop, out, own, collect, gradients)

    _add(part, words, gradient, run, made if not collect else [])


def _finish(run: _Run, carried: dict[int, Carried], mean: Words, made: list[Tensor]) -> None:
    """Add what rate and dsr have carried through all steps, by the words of the mean frame."""
    from ..kernels import Batch
    from .kernels import finish

    steps = run.training.model.steps
    for part in parts_of(run.branches, run.training.front.surrogate, mean):
        if part.number not in carried:
            continue
        columns = part.piece.width * len(part.piece.bias)
        gradient = torch.zeros((mean.shape[1], 1, columns), dtype=mean.dtype)
        batch = Batch(gradient.numpy(), mean.rows, part.windows)
        kept = carried[part.number]
        own = type(kept)(*(array[:, :, part.channels] for array in kept))

        def add(start: int, stop: int, g: Any, b: Any = batch, p: Any = part, o: Any = own) -> None:
            finish(b, p.piece, start, stop, steps, o, g)

        _add(part, mean, gradient, add, made)


def _add(
    part: Part,
    words: Words,
    gradient: Tensor,
    run: Callable[[int, int, Any], None],
    made: list[Tensor],
) -> None:
    """Let ``run`` add to the gradient of a table, and add what comes of it to ``made``."""
    from ..backward import Gradients

    gradients = Gradients(gradient.numpy(), np.zeros(len(part.piece.bias)))
    channels = len(part.piece.bias)
    in_parts(channels, lambda a, z: run(a, z, gradients), block_of(part.piece, part.windows))
    if made:
        made[2 * part.number][part.channels] += filters_of(part, words, gradient, False)
        made[2 * part.number + 1][part.channels] += torch.from_numpy(gradients.bias)


def _spikes(run: _Run) -> bool:
    """Whether all pooled values are spikes."""
    return all(branch.branch.rule == "spikes" for branch in run.branches)
