"""Tables of words and fused numba kernels, on the CPU."""

from __future__ import annotations

from typing import Literal, cast

from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ..incremental.ann_runner import AnnRunner
from ..inference.fast import FastEngine
from ..plan import Unsupported, refusal
from ..reference import Engine
from ..training.fast import FastTraining
from ..training.surrogate import Surrogate
from .kind import FEW_TEXTS, EngineKind, Request


class Tables(EngineKind):
    """The fast engine of one backend.

    Args:
        backend: ``auto`` (numba where it is installed) or ``torch``
    """

    devices = ("cpu",)

    def __init__(self, backend: Literal["auto", "torch"]) -> None:
        self.backend = backend

    def speed(self, texts: int | None) -> float:
        """As `EngineKind.speed`; loading kernels does not pay for a few texts."""
        if self.backend == "torch":
            return 20.0
        return 30.0 if texts is None or texts >= FEW_TEXTS else 15.0

    def refuses(self, model: SpikingTextModel, precision: str) -> Unsupported | None:
        """As `EngineKind.refuses`."""
        return refusal(model)

    def make(self, model: SpikingTextModel, request: Request) -> Engine:
        """As `EngineKind.make`; what similar texts have in common is done once."""
        precision = cast(Literal["exact", "fast"], request.precision)
        made = FastEngine(
            model,
            precision,
            self.backend,
            request.table_bytes,
            request.threads,
            request.progress,
        )
        encoder = model.encoder
        kept = encoder.bernoulli or encoder.by_word  # rows of other codes are made anew each time
        if request.similar and kept and made.backend == "numba":
            from ..incremental.incremental import Incremental  # loads numba

            return Incremental(made)
        return made

    def training(self, model: SpikingTextModel, surrogate: Surrogate) -> FastTraining:
        """As `EngineKind.training`."""
        return FastTraining(model, surrogate, kernels=self.backend == "auto")

    def ann(self, model: TextModel, precision: str, few: int = 0) -> AnnRunner:
        """As `EngineKind.ann`: tables, where kernels can run them."""
        return AnnRunner(model, precision, tables=self.backend == "auto", few=few)


ENGINE = Tables("auto")
