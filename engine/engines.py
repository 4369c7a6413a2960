"""Which engine runs a spiking text model: the fastest that can, with the same spikes as any other.

- ``fast``: tables of words and fused kernels (`fast.py`; on a GPU `engine/triton/inference.py`)
- ``torch``: the same tables without numba
- ``reference``: the network's own nodes, step by step
- ``auto``: ``fast``, or ``torch`` for a few texts that would not pay for loading kernels; the
  reference where neither can run the network, and the reason is logged once

With the precision ``exact`` all of them run the network on a grid (`grid.py`) and agree to the
spike; with ``fast`` its weights are left as they are, and a spike may differ at a rounding tie.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..models.batches import by_length, to_batch
from ..models.snn import SpikingTextModel, running_logits
from ..seeds import generator
from .evaluate import BATCH, snn_logits, snn_positions
from .grid import on_grid
from .inference.fast import FastEngine
from .plan import Unsupported

ENGINES = ("auto", "fast", "torch", "reference")
PRECISIONS = ("exact", "fast")
FEW_TEXTS = 64  # fewer texts than this are done before numba is loaded

log = logging.getLogger("snnconvert.engine")
_said: set[str] = set()


class Engine(Protocol):
    """What every engine offers."""

    @property
    def model(self) -> SpikingTextModel:
        """The model as it is run: on a grid where the precision is exact."""

    def running_logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        counter: Any = None,
    ) -> Tensor:
        """Running logits (T, N, K) of id sequences, in their order."""

    def logits(
        self, sequences: Sequence[np.ndarray], seed: int = 0, shared_noise: bool = False
    ) -> Tensor:
        """Logits (N, K) after the last step."""


class ReferenceEngine:
    """The network's own nodes.

    Args:
        model: any SNN
        precision: ``exact`` puts it on a grid, where it has a front that can be
        reason: why no faster engine was taken, where that was not the user's wish
        progress: label of a progress bar, none without it
    """

    def __init__(
        self,
        model: SpikingTextModel,
        precision: str = "exact",
        reason: str = "",
        progress: str | None = None,
    ) -> None:
        self.model, self.reason, self.progress = model, reason, progress
        if precision == "exact":
            with suppress(Unsupported):  # then no other engine runs it, and none need agree
                self.model = on_grid(model)

    def running_logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        counter: Any = None,
    ) -> Tensor:
        """As `Engine.running_logits`."""
        return snn_logits(
            self.model, sequences, seed, shared_noise, counter=counter, progress=self.progress
        )

    def logits(
        self, sequences: Sequence[np.ndarray], seed: int = 0, shared_noise: bool = False
    ) -> Tensor:
        """As `Engine.logits`."""
        return self.running_logits(sequences, seed, shared_noise)[-1]


class GpuEngine(ReferenceEngine):
    """Fused kernels on the GPU that holds the model; what is to be counted runs in its own nodes.

    Raises:
        Unsupported: the network has no front that the kernels know.
        SnnConvertError: triton is not installed.
    """

    def __init__(self, model: SpikingTextModel, precision: str = "exact") -> None:
        from .triton.inference import TritonEngine

        super().__init__(model, precision)
        self.kernels = TritonEngine(self.model)

    @torch.no_grad()
    def running_logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        counter: Any = None,
    ) -> Tensor:
        """As `Engine.running_logits`; on the CPU."""
        if counter is not None:
            return super().running_logits(sequences, seed, shared_noise, counter)
        device = self.model.embedding.weight.device
        rows: dict[int, Tensor] = {}
        for number, batch in enumerate(by_length(sequences, BATCH, snn_positions(self.model))):
            ids, lengths = to_batch([sequences[i] for i in batch])
            noise = generator(seed, "noise", 0 if shared_noise else number)
            currents = self.kernels.currents(
                ids.to(device), lengths.to(device), noise, shared_noise
            )  # (T, B, K)
            rows.update(zip(batch, running_logits(currents).cpu().transpose(0, 1), strict=True))
        return torch.stack([rows[i] for i in range(len(sequences))], dim=1)


def make_engine(
    model: SpikingTextModel,
    engine: str = "auto",
    precision: str = "exact",
    texts: int | None = None,
    threads: int = 1,
    progress: str | None = None,
) -> Engine:
    """An engine for ``model``.

    Args:
        model: the SNN
        engine: one of `ENGINES`
        precision: one of `PRECISIONS`
        texts: how many texts it will be asked for, where that is known
        threads: of the fused kernels
        progress: label of a progress bar, none without it

    Raises:
        InputError: an unknown engine or precision, or an engine that was asked for by name and
            cannot run the network.
    """
    for value, known, what in ((engine, ENGINES, "engine"), (precision, PRECISIONS, "precision")):
        if value not in known:
            raise InputError(f"expected the {what} to be {', '.join(known)}, but got {value!r}")
    if engine == "reference":
        return ReferenceEngine(model, precision, progress=progress)
    exactly: Literal["exact", "fast"] = "exact" if precision == "exact" else "fast"
    few = engine == "auto" and texts is not None and texts < FEW_TEXTS
    try:
        if model.embedding.weight.is_cuda:
            return GpuEngine(model, precision)
        return FastEngine(
            model,
            exactly,
            "torch" if few or engine == "torch" else "auto",
            threads=threads,
            progress=progress,
        )
    except Unsupported as reason:
        if engine != "auto":
            raise InputError(
                f"the engine {engine} cannot run this network: {reason}; choose auto or reference"
            ) from None
        _say_once(str(reason))
        return ReferenceEngine(model, precision, str(reason), progress)


def sharing(engine: Engine) -> Engine:
    """``engine``, sparing it what texts have in common, where that is possible.

    For callers that ask for many texts that differ in a few words, such as attacks.
    """
    if not isinstance(engine, FastEngine) or engine.backend != "numba":
        return engine
    from .incremental.incremental import Incremental  # loads numba

    try:
        return Incremental(engine)
    except Unsupported:
        return engine


def _say_once(reason: str) -> None:
    if reason not in _said:
        _said.add(reason)
        log.info("the reference engine runs this network: %s", reason)
