"""Which engine runs a text model: the one asked for, or the fastest that can. Where to begin.

The engines are in `kinds`, by name:

- ``fast``: tables of words and fused kernels on the CPU (`inference/fast.py`)
- ``torch``: the same tables without numba
- ``gpu``: fused Triton kernels on a GPU (`triton/inference.py`)
- ``reference``: the network's own nodes, step by step, on any device
- ``auto``: the fastest of them that runs the network where it lies; a few texts that would not pay
  for loading kernels are left to ``torch``. Why it is not the fastest of all is logged once.

With the precision ``exact`` all of them run the network on a grid (`grid.py`) and agree to the
spike; with ``fast`` its weights are left as they are, and a spike may differ at a rounding tie.
"""

from __future__ import annotations

from ..errors import InputError
from ..models.snn import SpikingTextModel
from ..models.text_model import TextModel
from .incremental.ann_runner import AnnRunner
from .inference.store import CACHE_BYTES
from .kinds import ENGINES, PRECISIONS
from .kinds.kind import EngineKind, Request, Training, elsewhere
from .plan import Unsupported
from .reference import Engine
from .training.surrogate import Surrogate


def make_engine(
    model: SpikingTextModel,
    engine: str = "auto",
    precision: str = "exact",
    texts: int | None = None,
    threads: int = 1,
    progress: str | None = None,
    similar: bool = False,
    table_bytes: int = CACHE_BYTES,
) -> Engine:
    """An engine for ``model``, on the device on which it lies.

    Args:
        model: the SNN
        engine: a name of `ENGINES`
        precision: one of `PRECISIONS`
        texts: how many texts it will be asked for, where that is known
        threads: of the fused kernels
        progress: label of a progress bar, none without it
        similar: the texts differ from one another in a few words, as those of an attack do; what
            they have in common is done once, where that is possible
        table_bytes: the most bytes of a table of words, see `kinds.kind.Request`

    Raises:
        InputError: an unknown engine or precision, or an engine that cannot run the network.
    """
    kind = _kind(engine, precision)
    reason = elsewhere(kind, model) or kind.refuses(model, precision)
    try:
        if reason is None:
            request = Request(precision, texts, threads, progress, similar, table_bytes=table_bytes)
            return kind.make(model, request)
    except Unsupported as found:
        reason = found
    raise InputError(
        f"the engine {engine} cannot run this network: {reason}; choose auto or reference"
    )


def training_by(engine: str, model: SpikingTextModel, surrogate: Surrogate) -> Training:
    """What computes output currents of ``model`` with gradients; all engines give the same.

    Raises:
        InputError: an unknown engine, or one that cannot train the network.
    """
    kind = _kind(engine)
    reason = elsewhere(kind, model)
    try:
        if reason is None:
            return kind.training(model, surrogate)
    except Unsupported as found:
        reason = found
    raise InputError(
        f"the engine {engine} cannot fine-tune this network: {reason}; leave --engine out, "
        "or give --engine reference"
    )


def ann_by(engine: str, model: TextModel, precision: str = "exact") -> AnnRunner:
    """What runs an ANN.

    Raises:
        InputError: an unknown engine or precision, or an engine of another device.
    """
    kind = _kind(engine, precision)
    reason = elsewhere(kind, model)
    if reason is not None:
        raise InputError(
            f"the engine {engine} cannot run this network: {reason}; choose auto or reference"
        )
    return kind.ann(model, precision)


def _kind(engine: str, precision: str = "exact") -> EngineKind:
    """The engine called so; refuses an unknown precision too."""
    if precision not in PRECISIONS:
        known = ", ".join(PRECISIONS)
        raise InputError(f"expected the precision to be {known}, but got {precision!r}")
    return ENGINES[engine]
