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
from typing import Literal

from ..errors import InputError
from ..models.snn import SpikingTextModel
from .inference.fast import FastEngine
from .plan import Unsupported
from .reference import Engine, ReferenceEngine
from .triton.inference import GpuEngine

ENGINES = ("auto", "fast", "torch", "reference")
PRECISIONS = ("exact", "fast")
FEW_TEXTS = 64  # fewer texts than this are done before numba is loaded

log = logging.getLogger("snnconvert.engine")
_said: set[str] = set()


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

    encoder = engine.model.encoder
    if encoder.stochastic and not encoder.uniform:
        return engine  # its draws cannot be kept by position
    try:
        return Incremental(engine)
    except Unsupported:
        return engine


def _say_once(reason: str) -> None:
    if reason not in _said:
        _said.add(reason)
        log.info("the reference engine runs this network: %s", reason)
