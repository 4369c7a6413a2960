"""The parts of a conversion error: clipping, quantisation, unevenness."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...models.network import Node, Signal

PARTS = ("clipping", "quantisation", "carried_in", "encoder", "unevenness", "pooling")


# currents that are run over all steps together: their potentials stay in a processor's cache
TOGETHER = 1 << 16


def constant_rate(neurons: Node, current: Tensor, lengths: Tensor | None, steps: int) -> Tensor:
    """q(z): spikes per step of ``neurons`` for the constant current z, (B, C, L) or (B, C)."""
    size = max(1, TOGETHER // max(current[0].numel(), 1))  # texts
    counts = []
    for start in range(0, len(current), size):
        own = None if lengths is None else lengths[start : start + size]
        counts.append(_constant_count(neurons, current[start : start + size], own, steps))
    return torch.cat(counts) / steps


def _constant_count(neurons: Node, current: Tensor, lengths: Tensor | None, steps: int) -> Tensor:
    """The spikes of ``steps`` steps of constant current (B, ...), of its shape."""
    frame = current.unsqueeze(0)  # (1, B, ...)
    if not neurons.resumes:
        return neurons(Signal(frame.expand(steps, *current.shape), lengths)).values.sum(dim=0)
    count, state = torch.zeros_like(current), None
    for _ in range(steps):
        fired, state = neurons.resume([Signal(frame, lengths)], state)
        count += fired.values[0]
    return count


def split_error(
    activation: Tensor,
    quantised: Tensor,
    quantised_direct: Tensor,
    quantised_snn: Tensor,
    rate: Tensor,
    most: float = 1.0,
) -> dict[str, Tensor]:
    """The parts of rate - activation by successive substitution; all tensors of one shape.

    Args:
        activation: a, in thresholds
        quantised: q(z)
        quantised_direct: q(z'), z' the mean current of the SNN with exact input
        quantised_snn: q of the mean current that arrives
        rate: r, the spikes per step that were fired
        most: the most spikes a neuron fires at one step
    """
    clipped = activation.clamp(max=most)
    return {
        "clipping": clipped - activation,
        "quantisation": quantised - clipped,
        "carried_in": quantised_direct - quantised,
        "encoder": quantised_snn - quantised_direct,
        "unevenness": rate - quantised_snn,
        "total": rate - activation,
    }


class _Row:
    """Sums of the parts of one row over all values seen."""

    def __init__(self, name: str, layer: str, kind: str) -> None:
        self.name, self.layer, self.kind = name, layer, kind
        self.values = 0
        self.sums: dict[str, np.ndarray] = {}  # part -> sums of x, |x| and x^2
        self.activation = 0.0
        self.clipped = 0.0

    def update(self, parts: dict[str, Tensor], activation: Tensor, mask: Tensor | None) -> None:
        """Add values (B, C, L) at the positions of ``mask`` (B, 1, L), or (B, C)."""
        keep = torch.ones_like(activation) if mask is None else mask.expand_as(activation)
        inside = keep.bool()
        self.values += int(inside.sum())
        self.activation += float(activation[inside].sum())
        for name, part in parts.items():
            x = part[inside]
            sums = np.array([float(x.sum()), float(x.abs().sum()), float((x * x).sum())])
            self.sums[name] = self.sums.get(name, np.zeros(3)) + sums
        if "clipping" in parts:
            self.clipped -= float(parts["clipping"][inside].sum())

    def compute(self, steps: int) -> dict[str, Any]:
        """The row as a flat JSON-able record."""
        n = max(self.values, 1)
        row: dict[str, Any] = {"name": self.name, "layer": self.layer, "kind": self.kind}
        row |= {"steps": steps, "values": self.values, "activation_mean": self.activation / n}
        row["clipped"] = self.clipped / self.activation if self.clipped > 0 else 0.0
        for part in (*PARTS, "total"):
            total, absolute, square = self.sums.get(part, np.zeros(3))
            row[f"{part}_mean"] = float(total / n)
            row[f"{part}_mean_abs"] = float(absolute / n)
            row[f"{part}_rms"] = float(np.sqrt(square / n))
        return row
