"""The network's own nodes, step by step: what every other engine agrees with."""

from __future__ import annotations

from ...models.snn import SpikingTextModel
from ..reference import ReferenceEngine
from .kind import EngineKind, Request


class Reference(EngineKind):
    """Runs and trains everything, on every device."""

    def speed(self, texts: int | None) -> float:
        """As `EngineKind.speed`."""
        return 10.0

    def make(self, model: SpikingTextModel, request: Request) -> ReferenceEngine:
        """As `EngineKind.make`."""
        return ReferenceEngine(model, request.precision, request.reason, request.progress)


ENGINE = Reference()
