"""What the kernels of incremental evaluation need of each layer."""

from __future__ import annotations

import numpy as np

from .engine import TableEngine
from .kernels import RULES, Layer


def layers_of(engine: TableEngine) -> list[Layer]:
    """The branches of an engine, as the kernels read them."""
    front = engine.front
    return [
        Layer(
            RULES[branch.rule],
            branch.width,
            *branch.padding,
            front.soft[b],
            engine.precision == "exact",
            np.float32(1),
            front.initial[b],
            front.order,
        )
        for b, branch in enumerate(engine.plan.branches)
    ]
