"""The fast engine: the same spikes as the network's own nodes, from tables of words.

A word's spike train is fixed, so its projection through every filter tap is made once (`store.py`
keeps it between batches) and a window's currents are a sum of table rows. Gathering, neurons and
pooling are one kernel (numba, or torch with equal results), and what is left of the network runs on
the pooled spikes as it is (`plan.run_rest`).

With ``precision="exact"`` the network is first put on a grid (`grid.py`), where sums do not round:
spikes then equal those of ``engine.model``, the network on its grid, run by its own nodes, whatever
the batches, threads or kernels. With ``"fast"`` the weights stay as they are, and a spike may
differ where a potential meets the threshold within a rounding error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import pairwise
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ...errors import InputError
from ...installation import install_hint
from ...models.batches import by_length, to_batch
from ...models.network import Network, Signal
from ...models.neurons.base import Neurons
from ...models.nodes.layers import Concat, Dropout, Linear
from ...models.snn import SpikingTextModel, running_logits
from ...seeds import generator
from ..exact_sums import exact_sums
from ..frames import position_frames
from ..grid import GridLinear, on_grid
from ..plan import Plan, Unsupported, plan_of, run_rest
from ..reference import BATCH, snn_positions
from . import kernels_torch
from .chunks import CACHE_BYTES, Chunk, _in_order, _joined, in_bounds
from .front import Front
from .store import TokenStore
from .tally import FrontTally

FEW_WORDS = 64  # fewer words than this are not worth a second thread
FRAME_VALUES = 1 << 21  # frame values that are made at once (8 MB), to be read from a near cache


class Tally(Protocol):
    """What counts operations: `convert.counts.SpikeCounter`, `by_step.StepCounters`."""

    def tally(
        self,
        samples: int,
        input_spikes: Tensor,
        record: dict[str, Signal],
        known: dict[str, Tensor],
    ) -> None:
        """Add one batch of which some layers are counted already."""


class FastEngine:
    """Runs one spiking text model fast; kept, it keeps its table of words.

    A change of the model's weights by an optimiser, by `load_state_dict` or by assignment is
    noticed at the next call; after a change through ``.data`` call :meth:`refresh`.

    Args:
        model: the SNN
        precision: ``exact`` (the model on a grid, see above) or ``fast``
        backend: ``numba``, ``torch``, or ``auto`` (numba where it is installed)
        cache_bytes: the most bytes of table rows that are kept
        threads: how many threads run the kernels
        progress: label of a progress bar over texts, none without it

    Raises:
        Unsupported: the network has no front that this engine knows; the message says why.
        InputError: an argument is out of its range, or numba is asked for and not installed.
    """

    def __init__(
        self,
        model: SpikingTextModel,
        precision: Literal["exact", "fast"] = "exact",
        backend: Literal["auto", "numba", "torch"] = "auto",
        cache_bytes: int = CACHE_BYTES,
        threads: int = 1,
        progress: str | None = None,
    ) -> None:
        _check(precision, backend, threads)
        if type(model) is not SpikingTextModel:
            raise Unsupported(f"{type(model).__name__} runs its network more than once")
        self.source, self.precision = model, precision
        self.cache_bytes, self.threads, self.progress = cache_bytes, threads, progress
        self._short = True
        has_numba = find_spec("numba") is not None
        self.backend = ("numba" if has_numba else "torch") if backend == "auto" else backend
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self.refresh()

    def refresh(self) -> None:
        """Take the model as it is now and forget all table rows."""
        self.model = on_grid(self.source) if self.precision == "exact" else self.source
        self.model.eval()
        self.plan: Plan = plan_of(self.model.network)
        self.front = Front(self.model, self.plan)
        self.store = self.new_store(self.cache_bytes)
        self.affine = affine_rest(self.model.network, self.plan)
        self._seen = _state(self.source)

    def refresh_if_changed(self) -> None:
        """Notice a change of the model's weights or settings."""
        if _state(self.source) != self._seen:
            self.refresh()

    def new_store(self, max_bytes: int) -> TokenStore:
        """A store for at most ``max_bytes`` of rows of this network."""
        words = None if self.model.encoder.stochastic else self.model.embedding.num_embeddings
        front, short = self.front, self.front.short_bits if self._short else None
        return TokenStore(self.plan, front.biases, front.frames, words, max_bytes, short)

    def keep_float32(self) -> None:
        """Never keep rows as int16, for users of the table that read float32."""
        self._short = False
        if self.store.kind != np.float32:
            self.store = self.new_store(self.cache_bytes)

    # ---- what callers ask for ------------------------------------------------------------------

    @torch.no_grad()
    def running_logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        counter: Tally | None = None,
    ) -> Tensor:
        """Running logits (T, N, K) of id sequences, as `evaluate.snn_logits` gives them.

        Args:
            sequences: id sequences
            seed: of the noise of a stochastic encoder; the draws are those of the reference
            shared_noise: one noise field for all texts
            counter: when given, counts spikes and operations
        """
        rows: list[Tensor] = []
        texts: list[int] = []
        for chunk in self._watched(self._chunks(sequences, seed, shared_noise), len(sequences)):
            pooled = self.pooled_chunk(chunk)  # (T, B, sum of C)
            record: dict[str, Signal] | None = {} if counter else None
            currents = self.currents(pooled, record)  # (T, B, K)
            if counter is not None and record is not None:
                self._count(counter, chunk, pooled, record)
            rows.append(running_logits(currents))
            texts += chunk.texts
        return _in_order(rows, texts, dim=1)

    @torch.no_grad()
    def logits(
        self, sequences: Sequence[np.ndarray], seed: int = 0, shared_noise: bool = False
    ) -> Tensor:
        """Logits (N, K) after the last step.

        A linear readout needs only the sums of the pooled spikes, so nothing is written per step.
        """
        if self.affine is None or self.backend != "numba":
            return self.running_logits(sequences, seed, shared_noise)[-1]
        rows: list[Tensor] = []
        texts: list[int] = []
        for chunk in self._chunks(sequences, seed, shared_noise):
            sums = self.pooled_chunk(chunk, sums=True)[0]  # (B, sum of C)
            rows.append(self.logits_of_sums(sums))
            texts += chunk.texts
        return _in_order(rows, texts, dim=0)

    @torch.no_grad()
    def pooled(
        self, sequences: Sequence[np.ndarray], seed: int = 0, shared_noise: bool = False
    ) -> dict[str, Tensor]:
        """The pooled signals (T, N, C) of every branch, by the name of its output node."""
        rows: list[Tensor] = []
        texts: list[int] = []
        for chunk in self._chunks(sequences, seed, shared_noise):
            rows.append(self.pooled_chunk(chunk))
            texts += chunk.texts
        return self._by_branch(_in_order(rows, texts, dim=1))

    def _watched(self, chunks: Iterator[Chunk], texts: int) -> Iterator[Chunk]:
        """``chunks`` under a progress bar."""
        if not self.progress:  # even a hidden bar takes longer than a short text
            yield from chunks
            return
        # None: a bar only where there is a terminal to draw it on
        with tqdm(total=texts, desc=self.progress, unit="text", disable=None) as bar:
            for chunk in chunks:
                yield chunk
                bar.update(len(chunk.texts))

    # ---- texts to table rows -------------------------------------------------------------------

    def _chunks(
        self, sequences: Sequence[np.ndarray], seed: int, shared_noise: bool
    ) -> Iterator[Chunk]:
        """Texts with their rows in a table, as many at a time as the table holds."""
        if len(sequences) == 0:
            raise InputError("expected at least one text, but got none")
        self.refresh_if_changed()
        if self.model.encoder.stochastic:
            yield from self._drawn_chunks(sequences, seed, shared_noise)
            return
        for texts in in_bounds(sequences, range(len(sequences)), self.store.rows - 1):
            words, starts = _joined(sequences, texts)
            yield Chunk(texts, self.rows_of(words), starts, self.store)

    def rows_of(self, words: np.ndarray) -> np.ndarray:
        """Rows of the store (n,) for word ids (n,), projected where they have none yet.

        The next call may give them to other words. The code must not be drawn at random.
        """
        self.store.reserve(len(words))
        new = self.store.touch(words)
        if len(new):
            self._fill(new)
        return self.store.slot_of[words]

    def _fill(self, new: np.ndarray) -> None:
        """Project words that have no row yet."""
        slots = self.store.assign(new)
        compiled = self.backend == "numba"
        frames_at_once = max(1, FRAME_VALUES // (self.front.frames * self.front.inputs))
        for start in range(0, len(new), frames_at_once):
            some = slots[start : start + frames_at_once]
            ids = torch.from_numpy(new[start : start + frames_at_once])
            self.write(self.store, some, self.front.word_frames(ids, compiled))

    def write(self, store: TokenStore, slots: np.ndarray, frames: Tensor) -> None:
        """Project frames (n, F, K) into the rows ``slots``."""
        views = store.views(slots)
        if views is not None:
            self.front.project(frames, views)
            return
        parts = [
            torch.from_numpy(np.empty((b.width, len(slots), store.frames, b.channels), store.kind))
            for b in self.plan.branches
        ]
        self.front.project(frames, parts)
        store.put(slots, parts)

    def _drawn_chunks(
        self, sequences: Sequence[np.ndarray], seed: int, shared_noise: bool
    ) -> Iterator[Chunk]:
        """Poisson: every position has frames of its own, drawn batch by batch as the reference."""
        batches = by_length(sequences, BATCH, snn_positions(self.model))
        for number, batch in enumerate(batches):
            ids, lengths = to_batch([sequences[i] for i in batch])
            x = self.model.embed(ids)  # (B, D, L)
            noise = generator(seed, "noise", 0 if shared_noise else number)
            drawn = position_frames(
                self.front.encoder, x, lengths, self.model.steps, noise, shared_noise
            ).values  # (T, B * L, D')
            most = max(1, self.cache_bytes // self.store.row_bytes)
            for part in in_bounds(sequences, batch, most):
                places = [batch.index(i) for i in part]
                yield self._drawn_chunk(part, places, ids.shape[1], lengths, drawn)

    def _drawn_chunk(
        self, texts: list[int], places: list[int], length: int, lengths: Tensor, drawn: Tensor
    ) -> Chunk:
        """A chunk whose table has a row for every position of its texts."""
        rows = np.concatenate([p * length + np.arange(int(lengths[p])) for p in places])
        starts = np.concatenate([[0], np.cumsum([int(lengths[p]) for p in places])])
        count = len(rows)
        store = self.new_store((count + 1) * self.store.row_bytes)
        frames = drawn[:, torch.from_numpy(rows)].transpose(0, 1)  # (n, T, D')
        slots = np.arange(1, count + 1)
        if count:
            self.write(store, slots, self.front.signed(frames).contiguous())
            store.spikes[1 : count + 1] = frames.count_nonzero(2).numpy()
        return Chunk(texts, slots, starts, store)

    # ---- table rows to logits ------------------------------------------------------------------

    def pooled_chunk(self, chunk: Chunk, sums: bool = False) -> Tensor:
        """Pooled signals of all branches side by side (T, B, sum of C), or (1, B, sum of C)."""
        if self.backend == "torch":
            return self._pooled_by_torch(chunk)
        texts, steps = len(chunk.texts), 1 if sums else len(self.front.order)
        out = np.empty((steps, texts, sum(b.channels for b in self.plan.branches)), np.float32)
        if self._pool is None or len(chunk.slots) < FEW_WORDS:
            self._run_kernels(chunk, 0, texts, out)
        else:
            shares = np.linspace(0, chunk.starts[-1], self.threads + 1)
            cuts = np.searchsorted(chunk.starts, shares)
            cuts[0], cuts[-1] = 0, texts
            jobs = [
                self._pool.submit(self._run_kernels, chunk, a, b, out)
                for a, b in pairwise(cuts.tolist())
            ]
            for job in jobs:
                job.result()
        return torch.from_numpy(out)

    def _run_kernels(self, chunk: Chunk, first: int, last: int, out: np.ndarray) -> None:
        """Fill ``out`` for the texts ``first`` to ``last`` - 1 of ``chunk``."""
        from .kernels import RULES, pool_branch

        column, store = 0, chunk.store
        for b, branch in enumerate(self.plan.branches):
            pool_branch(
                RULES[branch.rule],
                self.front.soft[b],
                self.front.initial[b],
                store.flat[b],
                np.float32(store.unit),
                (branch.width, store.rows, store.frames),
                self.front.order,
                chunk.slots,
                chunk.starts,
                branch.padding[0],
                sum(branch.padding),
                first,
                last,
                out[:, :, column : column + branch.channels],
            )
            column += branch.channels

    def _pooled_by_torch(self, chunk: Chunk) -> Tensor:
        """As :meth:`pooled_chunk`, without numba, a few texts at a time."""
        longest = int(np.diff(chunk.starts).max())
        steps = len(self.front.order)
        parts: list[Tensor] = []
        for b, branch in enumerate(self.plan.branches):
            some = kernels_torch.texts_at_once(branch, steps, longest)
            runs = [
                kernels_torch.pool_branch(
                    self.model.network,
                    branch,
                    chunk.store.arrays[b],
                    self.front.order,
                    chunk.slots,
                    chunk.starts[start : start + some + 1],
                    chunk.store.unit,
                )
                for start in range(0, len(chunk.texts), some)
            ]
            parts.append(torch.cat(runs, dim=1))
        return torch.cat(parts, dim=2)

    def _by_branch(self, pooled: Tensor) -> dict[str, Tensor]:
        """The branches' parts (T, B, C) of signals side by side."""
        sizes = [branch.channels for branch in self.plan.branches]
        names = [branch.output for branch in self.plan.branches]
        return dict(zip(names, pooled.split(sizes, dim=2), strict=True))

    @exact_sums()
    def currents(self, pooled: Tensor, record: dict[str, Signal] | None = None) -> Tensor:
        """Output currents (T, B, K) of pooled signals side by side (T, B, sum of C)."""
        if self.affine is None or record is not None:
            parts = self._by_branch(pooled)
            return run_rest(self.model.network, self.plan, parts, record=record)
        weight, bias = self.affine
        return torch.nn.functional.linear(pooled, weight, bias)

    def logits_of_sums(self, sums: Tensor) -> Tensor:
        """Logits (B, K) of pooled signals summed over the steps (B, sum of C), if ``affine``."""
        assert self.affine is not None
        weight, bias = self.affine
        # exact in float64, so it does not depend on the batch, and is rounded as running logits are
        steps = len(self.front.order)
        total = sums.double() @ weight.T.double() + steps * bias.double()
        return total.float() / steps

    def _count(
        self, counter: Tally, chunk: Chunk, pooled: Tensor, record: dict[str, Signal]
    ) -> None:
        """Give ``counter`` the operations of a chunk."""
        tally = FrontTally(self.front, chunk.store, chunk.slots, chunk.starts)
        spikes, known = tally.input_spikes(), tally.convolutions()
        known |= tally.means(self._by_branch(pooled))
        counter.tally(len(chunk.texts), spikes, record, known)


def affine_rest(network: Network, plan: Plan) -> tuple[Tensor, Tensor] | None:
    """Weights (K, F) and bias (K,) where the rest is one linear layer on all branches' spikes."""
    names = [name for name in plan.rest if not isinstance(network.node(name), Dropout)]
    outputs = tuple(branch.output for branch in plan.branches)
    kinds = [type(network.node(name)) for name in names]
    if kinds == [Concat, Linear] and network.inputs[names[0]] == outputs:
        linear = network.node(names[1])
    elif kinds == [Linear] and len(outputs) == 1:
        linear = network.node(names[0])
    else:
        return None
    if isinstance(linear, GridLinear):  # of averages, summed in float64 by the node itself
        return None
    assert isinstance(linear, Linear)
    return linear.weight.detach(), linear.bias.detach()


def _check(precision: str, backend: str, threads: int) -> None:
    """Refuse arguments that are out of their range."""
    if precision not in ("exact", "fast"):
        raise InputError(f"expected the precision to be exact or fast, but got {precision!r}")
    if backend not in ("auto", "numba", "torch"):
        raise InputError(f"expected the backend to be auto, numba or torch, but got {backend!r}")
    if backend == "numba" and find_spec("numba") is None:
        raise InputError(f"the numba backend needs numba: {install_hint()}, or choose torch")
    if threads < 1:
        raise InputError(f"expected at least one thread, but got {threads}")


def _state(model: SpikingTextModel) -> tuple[Any, ...]:
    """What tells whether a model's weights or settings were changed."""
    weights = tuple((p.data_ptr(), p._version) for p in model.parameters())
    neurons = tuple(
        # a list of V(0) belongs to its node, so another list has another identity
        (id(node.initial) if isinstance(node.initial, list) else node.initial, node.soft_reset)
        for node in model.network.nodes.values()
        if isinstance(node, Neurons)
    )
    return weights, neurons, model.steps, model.encoder
