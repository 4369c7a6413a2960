"""What the tests of conversion share: weights that are not the initial ones, and thresholds."""

from __future__ import annotations

import torch
from torch import Tensor

from snnconvert.convert.thresholds.choose import choose_threshold
from snnconvert.convert.thresholds.spec import ThresholdRule
from snnconvert.convert.thresholds.statistics import ActivationStatistics
from snnconvert.models.network import Network, Signal
from snnconvert.models.nodes.activations import Activation
from snnconvert.models.nodes.layers import Conv1d, Linear, initialise
from snnconvert.models.nodes.norm import BatchNorm1d


def filled(network: Network, seed: int = 0) -> Network:
    """Double precision, random weights, biases and statistics, evaluation mode."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for node in network.nodes.values():
            if isinstance(node, Conv1d | Linear):
                initialise(node.weight, random)
                node.bias.normal_(0, 0.3, generator=random)
            elif isinstance(node, BatchNorm1d):
                node.running_mean.normal_(0, 0.3, generator=random)
                node.running_var.uniform_(0.3, 2, generator=random)
                node.weight.uniform_(0.5, 1.5, generator=random)
                node.bias.normal_(0, 0.3, generator=random)
    return network.double().eval()


def biased(network: Network, seed: int) -> Network:
    """The same network in double precision and evaluation mode, with biases that are not zero."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for node in network.nodes.values():
            if isinstance(node, Conv1d | Linear):
                node.double().bias.normal_(0, 0.3, generator=random)
    return network.double().eval()


def vectors(dim: int, lengths: Tensor, seed: int = 0) -> Tensor:
    """Word vectors (B, dim, L) in [-1, 1], zero on padding."""
    random = torch.Generator().manual_seed(seed)
    shape = (len(lengths), dim, int(lengths.max()))
    x = torch.rand(shape, generator=random, dtype=torch.float64) * 2 - 1
    return Signal(x, lengths).masked()


def activations(network: Network) -> list[str]:
    """The names of the activation nodes, in order."""
    return [n for n in network.inputs if isinstance(network.node(n), Activation)]


def fixed_thresholds(ann: Network, theta: float) -> dict[str, Tensor]:
    """The threshold ``theta`` (1,) for every activation."""
    return {name: torch.full((1,), theta, dtype=torch.float64) for name in activations(ann)}


def measured_thresholds(
    ann: Network, x: Tensor, lengths: Tensor, rule: ThresholdRule
) -> dict[str, Tensor]:
    """Thresholds by ``rule`` on the activations for ``x``."""
    record: dict[str, Signal] = {}
    with torch.no_grad():
        ann(Signal(x, lengths), record)
    found = {}
    for name in activations(ann):
        statistics = ActivationStatistics()
        statistics.update(record[name])
        found[name] = choose_threshold(name, ann, statistics, rule)[0].double()
    return found


def largest_activations(ann: Network, x: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    """Thresholds (1,) at the largest activation of every layer, in double precision."""
    record: dict[str, Signal] = {}
    with torch.no_grad():
        ann(Signal(x, lengths), record)
    return {name: record[name].masked().max().reshape(1) for name in activations(ann)}
