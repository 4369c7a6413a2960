"""The fast engine: the same spikes as the network's own nodes, from tables of words.

A word's spike train is fixed, so its projection through every filter tap is made once (`table.py`,
kept between batches by `store.py`) and a window's currents are a sum of table rows. Gathering,
neurons and pooling are one kernel (`pooling.py` with numba, or `kernels_torch.py` with equal
results), and what is left of the network runs on the pooled spikes as it is (`rest.py`).

With ``precision="exact"`` the network is first put on a grid (`grid.py`), where sums do not round:
spikes then equal those of ``engine.model``, the network on its grid, run by its own nodes, whatever
the batches, threads or kernels. With ``"fast"`` the weights stay as they are, and a spike may
differ where a potential meets the threshold within a rounding error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ...installation import install_hint
from ...models.network import Signal
from ...models.snn import SpikingTextModel, running_logits
from ..compiled.layer import Layer
from ..compiled.there import compiles
from ..grid import on_grid
from ..plan import Plan, Unsupported, plan_of
from ..reference import checked_ids
from .changes import snn_state
from .chunks import Chunk, answers, watched
from .front import Front
from .kernels_torch import TorchPooling
from .pooling import KernelPooling, Pooling
from .rest import Rest
from .store import CACHE_BYTES, TokenStore
from .table import WordTable
from .tally import Tally, count_front


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
        best: Literal["numba", "torch"] = "numba" if compiles() else "torch"
        self.backend = best if backend == "auto" else backend
        self.refresh()

    def refresh(self) -> None:
        """Take the model as it is now and forget all table rows."""
        self._seen: tuple[Any, ...] | None = None  # cut short, this is done again at the next call
        self.model = on_grid(self.source) if self.precision == "exact" else self.source
        self.model.eval()
        self.plan: Plan = plan_of(self.model.network)
        self.front = Front(self.model, self.plan)
        self.layers: list[Layer] = self.front.layers(exact=self.precision == "exact")
        compiled = self.backend == "numba"
        self.table = WordTable(self.front, self.cache_bytes, self._short, compiled)
        self.pooling: Pooling = (
            KernelPooling(self.layers, self.threads)
            if compiled
            else TorchPooling(self.model.network, self.plan, self.front.order)
        )
        self.rest = Rest(self.model.network, self.plan, self.model.steps)
        self._seen = snn_state(self.source)

    def refresh_if_changed(self) -> None:
        """Notice a change of the model's weights or settings."""
        if snn_state(self.source) != self._seen:
            self.refresh()

    @property
    def store(self) -> TokenStore:
        """The rows of the words."""
        return self.table.store

    def keep_float32(self) -> None:
        """Never keep rows as int16, for users of the table that read float32."""
        self._short = False
        self.table.keep_float32()

    def serve_windows(self) -> None:
        """As `TableEngine.serve_windows`."""
        if self.backend != "numba":
            raise Unsupported("evaluating only what changed needs the numba kernels")
        if self.table.by_position and not self.model.encoder.bernoulli:
            why = "draws depend on more than a word's place and the seed"
            if not self.model.encoder.stochastic:
                why = "frames are made for every place of a word"
            raise Unsupported(f"the code's {why}")
        self.keep_float32()

    # ---- what callers ask for ------------------------------------------------------------------

    @torch.no_grad()
    def running_logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        counter: Tally | None = None,
    ) -> Tensor:
        """Running logits (T, N, K) of id sequences, as `reference.snn_logits` gives them.

        Args:
            sequences: id sequences
            seed: of the noise of a stochastic encoder; the draws are those of the reference
            shared_noise: one noise field for all texts
            counter: when given, counts spikes and operations

        Raises:
            InputError: no sequences, or something else (see `text.inputs.as_sequences`).
        """

        def logits(chunk: Chunk) -> Tensor:
            pooled = self.pooled_chunk(chunk)  # (T, B, sum of C)
            if counter is None:
                return self.rest.logits(pooled)
            record: dict[str, Signal] = {}
            currents = self.rest.currents(pooled, record)  # (T, B, K)
            count_front(counter, self.front, chunk, self.rest.by_branch(pooled), record)
            return running_logits(currents)

        chunks = self._chunks(sequences, seed, shared_noise)
        return answers(watched(chunks, len(sequences), self.progress), logits, dim=1)

    @torch.no_grad()
    def logits(
        self, sequences: Sequence[np.ndarray], seed: int = 0, shared_noise: bool = False
    ) -> Tensor:
        """Logits (N, K) after the last step.

        A linear readout needs only the sums of the pooled spikes, so nothing is written per step.
        """
        if not self.sums_suffice:
            return self.running_logits(sequences, seed, shared_noise)[-1]
        chunks = self._chunks(sequences, seed, shared_noise)
        return answers(chunks, lambda c: self.rest.logits(self.pooled_chunk(c, True), True), 1)[0]

    @torch.no_grad()
    def pooled(
        self, sequences: Sequence[np.ndarray], seed: int = 0, shared_noise: bool = False
    ) -> dict[str, Tensor]:
        """The pooled signals (T, N, C) of every branch, by the name of its output node."""
        chunks = self._chunks(sequences, seed, shared_noise)
        return self.rest.by_branch(answers(chunks, self.pooled_chunk, dim=1))

    # ---- what incremental evaluation asks for: see `incremental.engine.TableEngine` --------------

    @property
    def sums_suffice(self) -> bool:
        """As `TableEngine.sums_suffice`."""
        return self.rest.affine is not None and self.backend == "numba"

    def rows_of(self, words: np.ndarray) -> np.ndarray:
        """As `TableEngine.rows_of`."""
        return self.table.rows_of(words)

    def pooled_chunk(self, chunk: Chunk, sums: bool = False) -> Tensor:
        """As `TableEngine.pooled_chunk`."""
        return self.pooling(chunk, sums)

    def pooled_logits(self, pooled: Tensor, sums: bool = False) -> Tensor:
        """As `TableEngine.pooled_logits`."""
        return self.rest.logits(pooled, sums)

    # --------------------------------------------------------------------------------------------

    def _chunks(
        self, sequences: Sequence[np.ndarray], seed: int, shared_noise: bool
    ) -> Iterator[Chunk]:
        """Texts with their rows in a table, as many at a time as the table holds."""
        sequences = checked_ids(self.source, sequences, SpikingTextModel)
        self.refresh_if_changed()
        return self.table.chunks(sequences, seed, shared_noise)


def _check(precision: str, backend: str, threads: int) -> None:
    """Refuse arguments that are out of their range."""
    if precision not in ("exact", "fast"):
        raise InputError(f"expected the precision to be exact or fast, but got {precision!r}")
    if backend not in ("auto", "numba", "torch"):
        raise InputError(f"expected the backend to be auto, numba or torch, but got {backend!r}")
    if backend == "numba" and not compiles():
        raise InputError(
            f"the numba backend needs numba: {install_hint()} (and NUMBA_DISABLE_JIT not set), or "
            "choose torch"
        )
    if threads < 1:
        raise InputError(f"expected at least one thread, but got {threads}")
