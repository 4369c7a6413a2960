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
        InputError: the rule does not hold at this activation, no texts, no T for a rule that uses
            it, or a rule of the user's own that gives something else than thresholds.
    """
    layer = LayerStatistics(name, network, statistics, source=rule.source)
    used, member = rule.member.at(layer)
    used = used or rule.rule
    if steps is None and member.uses_steps:
        raise InputError(f"expected the time steps T for the threshold rule {used}")
    if not member.measures:
        return member.threshold(layer, steps or 0, shift), used
    whole = _measured(member.threshold(layer, steps or 0, shift), 1, f"{used} at {name}")
    whole = _never_zero(whole, layer)
    if rule.granularity == "layer":
        return whole, used
    layer = replace(layer, per_channel=True)
    columns = len(layer.weights() if member.measures == "weights" else layer.largest())
    channels = member.threshold(layer, steps or 0, shift)
    channels = _measured(channels, columns, f"{used} at {name}, per channel")
    # a channel that is silent on the calibration data would get a threshold of zero and fire at
    # the first whiff of current on new data: it takes the layer's threshold instead
    return torch.where(channels > SMALLEST, channels, whole), used


def _measured(found: object, columns: int, where: str) -> Tensor:
    """What a rule gave, where it is a threshold of at least zero for each column.

    Below zero or not a number, it would be taken for silence, and another threshold would stand in
    for it under the rule's name.
    """
    expected = f"expected {columns} threshold{'s' * (columns > 1)} of the rule {where}"
    if not isinstance(found, Tensor):
        raise InputError(f"{expected}, as a tensor ({columns},), but got {type(found).__name__}")
    if found.shape != (columns,):
        raise InputError(f"{expected}, as a tensor ({columns},), but got {tuple(found.shape)}")
    bad = found[~(found >= 0) | found.isinf()]  # NaN is not at least zero
    if len(bad):
        raise InputError(f"{expected}, finite and at least 0, but got {float(bad[0]):g}")
    return found


def _never_zero(whole: Tensor, layer: LayerStatistics) -> Tensor:
    """A layer's threshold (1,), for a layer so sparse that the rule gives zero its maximum.

    A layer that is silent on all calibration texts gets 1, the unit of its pre-activations.
    """
    if float(whole) > SMALLEST:
        return whole
    largest = layer.largest()
    return largest if float(largest) > SMALLEST else torch.ones(1)
