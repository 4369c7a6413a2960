"""Threshold balancing: which firing threshold each layer of the SNN gets."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import InputError
from ..models.activations import Qcfs
from ..models.network import Network, Signal

RULES = ("auto", "qcfs", "max", "percentile")
GRAINS = ("layer", "channel")
SMALLEST = 1e-6


@dataclass(frozen=True)
class ThresholdRule:
    """How thresholds are chosen.

    rule: ``qcfs`` (the bound that training learned), ``max`` (largest activation; Diehl et al.
    2015), ``percentile`` (Rueckauer et al. 2017), or ``auto``: qcfs where the layer has a bound,
    percentile elsewhere. grain: one threshold per ``layer`` or per ``channel``. percentile: in
    percent, over all activations of valid positions.
    """

    rule: str = "auto"
    grain: str = "layer"
    percentile: float = 99.9

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise InputError(f"expected the threshold rule to be {RULES}, but got {self.rule!r}")
        if self.grain not in GRAINS:
            raise InputError(f"expected the threshold grain to be {GRAINS}, but got {self.grain!r}")
        if not 0 < self.percentile <= 100:
            raise InputError(f"expected a percentile in (0, 100], but got {self.percentile}")


class ActivationStatistics:
    """Per-channel samples of one layer's activations: update with batches, then compute.

    Args:
        limit: how many values per channel are kept; beyond it, every k-th is kept.
    """

    def __init__(self, limit: int = 100_000) -> None:
        self.limit = limit
        self.parts: list[Tensor] = []

    def update(self, signal: Signal) -> None:
        """Add the values of valid positions of activations (B, C, L) or (B, C)."""
        values, mask = signal.values, signal.mask()
        if mask is not None:
            values = values.transpose(1, 2)[mask.squeeze(1)]  # (valid positions, C)
        self.parts.append(values.detach().float())  # (N, C)

    def rows(self) -> Tensor:
        """All kept values (N, C)."""
        if not self.parts:
            raise InputError("expected calibration texts to balance thresholds on, but got none")
        rows = torch.cat(self.parts)
        stride = max(1, -(-len(rows) // self.limit))
        return rows[::stride]

    def largest(self, per_channel: bool) -> Tensor:
        """The maximum: (C,), or (1,) over the layer."""
        top = torch.cat([part.amax(dim=0, keepdim=True) for part in self.parts]).amax(dim=0)
        return top if per_channel else top.max().reshape(1)

    def percentile(self, percent: float, per_channel: bool) -> Tensor:
        """The percentile (linear interpolation): (C,), or (1,) over the layer."""
        import numpy as np

        rows = self.rows().numpy()
        value = np.percentile(rows, percent, axis=0 if per_channel else None)
        return torch.from_numpy(np.atleast_1d(np.asarray(value, dtype=np.float32)))


def choose_threshold(
    name: str, network: Network, statistics: ActivationStatistics, rule: ThresholdRule
) -> tuple[Tensor, str]:
    """The threshold of activation node ``name`` and the rule that gave it.

    Returns:
        theta (C,) or (1,), in the unit of the pre-activations, and ``qcfs``, ``max`` or
        ``percentile``.

    Raises:
        InputError: the rule is qcfs but the layer has no learned bound.
    """
    node = network.node(name)
    if rule.rule == "qcfs" or (rule.rule == "auto" and isinstance(node, Qcfs)):
        if not isinstance(node, Qcfs):
            raise InputError(
                f"expected a QCFS activation at {name} for the threshold rule qcfs, but it is "
                f"{type(node).__name__}: choose max or percentile, or train with --activation qcfs"
            )
        return node.bound.detach().reshape(1), "qcfs"
    used = "max" if rule.rule == "max" else "percentile"

    def measure(per_channel: bool) -> Tensor:
        if used == "max":
            return statistics.largest(per_channel)
        return statistics.percentile(rule.percentile, per_channel)

    whole = measure(False).clamp(min=SMALLEST)
    if rule.grain == "layer":
        return whole, used
    channels = measure(True)
    # a channel that is silent on the calibration data would get a threshold of zero and fire at
    # the first whiff of current on new data: it takes the layer's threshold instead
    return torch.where(channels > SMALLEST, channels, whole), used
