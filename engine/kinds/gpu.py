"""Fused Triton kernels on a GPU."""

from __future__ import annotations

import os
from importlib.util import find_spec

from ...installation import install_hint
from ...models.snn import SpikingTextModel
from ..plan import Unsupported, refusal
from ..training.surrogate import Surrogate
from ..triton.inference import GpuEngine
from ..triton.training import TritonTraining
from .kind import EngineKind, Request


class Gpu(EngineKind):
    """On a CUDA device; in Triton's interpreter (``TRITON_INTERPRET=1``) also, slowly, on a CPU."""

    @property
    def devices(self) -> tuple[str, ...]:  # type: ignore[override]
        """Types of devices."""
        return ("cuda", "cpu") if _interpreted() else ("cuda",)

    def speed(self, texts: int | None) -> float:
        """As `EngineKind.speed`; the interpreter is never taken unasked."""
        return -1.0 if _interpreted() else 40.0

    def refuses(self, model: SpikingTextModel, precision: str) -> Unsupported | None:
        """As `EngineKind.refuses`."""
        return _missing() or refusal(model)

    def make(self, model: SpikingTextModel, request: Request) -> GpuEngine:
        """As `EngineKind.make`."""
        return GpuEngine(model, request.precision, progress=request.progress)

    def training(self, model: SpikingTextModel, surrogate: Surrogate) -> TritonTraining:
        """As `EngineKind.training`."""
        missing = _missing()
        if missing is not None:
            raise missing
        return TritonTraining(model, surrogate)


def _interpreted() -> bool:
    """Whether kernels run in Triton's interpreter, which needs no GPU."""
    return os.environ.get("TRITON_INTERPRET") == "1"


def _missing() -> Unsupported | None:
    """That Triton is not installed, in words."""
    if find_spec("triton") is not None:
        return None
    hint = install_hint("gpu")
    return Unsupported(f"it needs the package triton, which is not installed: {hint}")


ENGINE = Gpu()
