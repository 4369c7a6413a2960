"""The threshold of one activation by a rule, also of layers and channels that are silent."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ...errors import InputError
from ...models.network import Network
from .rule import SMALLEST
from .spec import ThresholdRule
from .statistics import ActivationStatistics, LayerStatistics


def choose_threshold(
    name: str,
    network: Network,
    statistics: ActivationStatistics,
    rule: ThresholdRule,
    steps: int | None = None,
    shift: float = 0.5,
) -> tuple[Tensor, str]:
    """The threshold of activation node ``name`` and the rule that gave it.

    Args:
        name: of the activation node
        network: the ANN
        statistics: of the node's activations on calibration texts
        rule: how to choose
        steps: T, for rules that use it (mse)
        shift: V(0) as a fraction of the threshold, or 1/2 with the bias shift (mse)

    Returns:
        theta (C,) or (1,) > 0, in the unit of the pre-activations, and the rule that holds: that of
        ``rule``, where it is ``auto`` ``qcfs``, ``bound`` or ``percentile``.

    Raises:
        InputError: the rule does not hold at this activation, no texts, or no T for a rule that
            uses it.
    """
    layer = LayerStatistics(name, network, statistics, source=rule.source)
    used, member = rule.member.at(layer)
    used = used or rule.rule
    if steps is None and member.uses_steps:
        raise InputError(f"expected the time steps T for the threshold rule {used}")
    whole = member.threshold(layer, steps or 0, shift)
    if not member.measures:
        return whole, used
    whole = _never_zero(whole, layer)
    if rule.granularity == "layer":
        return whole, used
    channels = member.threshold(replace(layer, per_channel=True), steps or 0, shift)
    # a channel that is silent on the calibration data would get a threshold of zero and fire at
    # the first whiff of current on new data: it takes the layer's threshold instead
    return torch.where(channels > SMALLEST, channels, whole), used


def _never_zero(whole: Tensor, layer: LayerStatistics) -> Tensor:
    """A layer's threshold (1,), for a layer so sparse that the rule gives zero its maximum.

    A layer that is silent on all calibration texts gets 1, the unit of its pre-activations.
    """
    if float(whole) > SMALLEST:
        return whole
    largest = layer.largest()
    return largest if float(largest) > SMALLEST else torch.ones(1)
