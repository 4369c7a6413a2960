"""An engine of your own: the network in double precision, to see whether rounding moves a spike."""

from __future__ import annotations

import copy
from typing import Any

from torch import Tensor

from snnconvert.engine.kinds import ENGINES
from snnconvert.engine.kinds.kind import EngineKind, Request
from snnconvert.engine.reference import ReferenceEngine
from snnconvert.models.snn import SpikingTextModel


class DoubleEngine(ReferenceEngine):
    """Runs a network's own nodes in float64; batches, draws and counting are the reference's."""

    def currents(self, *batch: Any, **more: Any) -> Tensor:
        """Output currents (T, B, K) of one batch, float32."""
        return super().currents(*batch, **more).float()


class Double(EngineKind):
    """Makes such engines, on any device."""

    def speed(self, texts: int | None) -> float:
        """Behind the reference's 10, so that ``auto`` never takes it."""
        return 5.0

    def make(self, model: SpikingTextModel, request: Request) -> DoubleEngine:
        """An engine on a copy of ``model``, its weights as they are."""
        return DoubleEngine(copy.deepcopy(model).double(), "fast", progress=request.progress)


ENGINES.add("double", Double())
