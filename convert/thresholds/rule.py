"""Threshold balancing: which firing threshold each layer of the SNN gets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ...models.network import Network, Signal
from ...models.nodes.activations import Bounded, Qcfs
from ...models.nodes.layers import Conv1d, Linear

RULES = (
    "auto",
    "bound",
    "qcfs",
    "max",
    "percentile",
    "percentile_nonzero",
    "mse",
    "balance",
    "weights",
    "fixed",
)
GRAINS = ("layer", "channel")
SOURCES = ("activation", "relu")
LOCATIONS = ("positions", "neurons")
PERCENTILES = ("auto", "percentile", "percentile_nonzero")  # rules that read the percentile
GIVEN = ("bound", "qcfs", "fixed")  # rules whose thresholds are not measured, so have no grain
SMALLEST = 1e-6  # an activation below it counts as silence
# rules that look at activations, so that it matters which and where
MEASURING = ("auto", "max", "percentile", "percentile_nonzero", "mse", "balance")
GRID = 100  # thresholds tried by the rule mse
GRID_ROWS = 10_000  # positions the rule mse looks at
BALANCE_STEPS = 100  # of the rule balance


@dataclass(frozen=True)
class ThresholdRule:
    """How thresholds are chosen.

    rule: one of
        ``bound``, the bound that training learned (QCFS, Bu et al. 2022; TCL, Ho and Chang 2021);
        ``qcfs``, the same, for QCFS only;
        ``max``, the largest activation (Diehl et al. 2015);
        ``percentile`` of all activations of valid positions (Rueckauer et al. 2017);
        ``percentile_nonzero``, of those above zero, so that sparse layers are not clipped more;
        ``mse``, the smallest squared error of T spikes (:func:`mse_threshold`);
        ``balance``, what the activation overflows, added up in steps (:func:`balanced_threshold`);
        ``weights``, the largest weight (Lv et al. 2023; signed, as published);
        ``fixed``, the number ``value``;
        ``auto``, the learned bound where there is one and ``percentile`` elsewhere, and with the
        source ``relu``.
    grain: one threshold per ``layer`` or per ``channel``, of rules that measure it; a learned bound
        is what training made it, and a fixed value the same for all.
    percentile: in percent, of the rules that read it.
    source: what is measured: the ANN's ``activation``, or ``relu``, max(z, 0) of its
        pre-activations, as if it had been trained with ReLU. The learned bound of QCFS or TCL then
        clips nothing, and the SNN tends to the network without it as T grows.
    location: where it is measured: at all ``positions`` of a text, or where the ``neurons`` stand,
        which is behind the maximum where the SNN takes that of currents: there they see one value a
        text and channel, and a larger one.
    value: the threshold of the rule ``fixed``, in the unit of the pre-activations.

    Raises:
        InputError: an unknown rule or grain, a number out of its range, a fixed rule without its
            value, or a value, a percentile, the grain ``channel``, a source or a location with a
            rule that ignores it.
    """

    rule: str = "auto"
    grain: str = "layer"
    percentile: float = 99.9
    value: float | None = None
    source: str = "activation"
    location: str = "positions"

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise InputError(
                f"expected the threshold rule to be {', '.join(RULES)}, but got {self.rule!r}"
            )
        if self.grain not in GRAINS:
            raise InputError(f"expected the threshold grain to be {GRAINS}, but got {self.grain!r}")
        if not 0 < self.percentile <= 100:
            raise InputError(f"expected a percentile in (0, 100], but got {self.percentile}")
        if (self.rule == "fixed") != (self.value is not None):
            raise InputError(
                "expected a threshold value with the rule fixed and only with it, but got the rule "
                f"{self.rule} and the value {self.value}"
            )
        if self.percentile != ThresholdRule.percentile and self.rule not in PERCENTILES:
            raise InputError(
                f"expected a percentile only with the rules {', '.join(PERCENTILES)}, but got "
                f"{self.percentile:g} with the rule {self.rule}: choose one or leave it out"
            )
        if self.grain == "channel" and self.rule in GIVEN:
            raise InputError(
                f"expected the grain layer with the rule {self.rule}, which measures nothing on "
                "texts, but got channel: choose auto, max, percentile or mse, or leave it out"
            )
        if self.value is not None and not 0 < self.value < math.inf:
            raise InputError(f"expected a threshold value above 0, but got {self.value}")
        self._check_measured()

    def _check_measured(self) -> None:
        """Refuse an unknown source or location, and one that the rule does not look at."""
        for what, given, known in (
            ("source", self.source, SOURCES),
            ("location", self.location, LOCATIONS),
        ):
            if given not in known:
                raise InputError(
                    f"expected the thresholds' {what} to be {' or '.join(known)}, but got {given!r}"
                )
            if given != known[0] and self.rule not in MEASURING:
                raise InputError(
                    f"expected the {what} {known[0]} with the rule {self.rule}, which looks at no "
                    f"activations, but got {given}: choose {', '.join(MEASURING)}, or leave it out"
                )


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

    def rows(self, limit: int | None = None) -> Tensor:
        """All kept values (N, C), or every k-th of them where there are more than ``limit``."""
        if not self.parts:
            raise InputError("expected calibration texts to balance thresholds on, but got none")
        rows = torch.cat(self.parts)
        stride = max(1, -(-len(rows) // (limit or self.limit)))
        return rows[::stride]

    def largest(self, per_channel: bool) -> Tensor:
        """The maximum: (C,), or (1,) over the layer."""
        if not self.parts:
            raise InputError("expected calibration texts to balance thresholds on, but got none")
        top = torch.cat([part.amax(dim=0, keepdim=True) for part in self.parts]).amax(dim=0)
        return top if per_channel else top.max().reshape(1)

    def percentile(self, percent: float, per_channel: bool, nonzero: bool = False) -> Tensor:
        """The percentile (linear interpolation): (C,), or (1,) over the layer.

        Args:
            percent: in (0, 100]
            per_channel: of each channel, or of all values of the layer together
            nonzero: of the values above zero only; 0 where there are none
        """
        rows = self.rows().numpy()  # (N, C)
        columns = list(rows.T if per_channel else rows.reshape(1, -1))
        if nonzero:
            columns = [column[column > 0] for column in columns]
        found = [np.percentile(c, percent) if len(c) else 0.0 for c in columns]
        return torch.tensor(np.array(found, dtype=np.float32))

    def balanced(self, per_channel: bool) -> Tensor:
        """:func:`balanced_threshold` of every channel, (C,), or of the whole layer, (1,)."""
        rows = self.rows()  # (N, C)
        return balanced_threshold(rows if per_channel else rows.reshape(-1, 1))

    def least_error(self, steps: int, shift: float, per_channel: bool) -> Tensor:
        """:func:`mse_threshold` of every channel, (C,), or of the whole layer, (1,)."""
        rows = self.rows(GRID_ROWS)  # (N, C)
        return mse_threshold(rows if per_channel else rows.reshape(-1, 1), steps, shift)


def quantised(values: Tensor, theta: Tensor, steps: int, shift: float = 0.5) -> Tensor:
    """What T spikes of an IF neuron make of an activation a > 0; zero stays zero.

        q(a) = theta/T * clip(floor(a*T/theta + shift), 0, T)

    The count of an IF neuron with soft reset, V(0) = shift * theta and constant current a (Bu et
    al. 2022); at shift 1/2 it is the QCFS function with L = T.

    Args:
        values: activations a >= 0, any shape
        theta: thresholds, broadcastable to ``values``
        steps: T
        shift: V(0) as a fraction of the threshold

    Returns:
        Quantised activations of the shape of ``values``.
    """
    counts = torch.floor(values * steps / theta + shift).clamp(0, steps)
    return counts * (theta / steps) * (values > 0)


def mse_threshold(values: Tensor, steps: int, shift: float = 0.5, grid: int = GRID) -> Tensor:
    """The threshold with the smallest mean squared error of T spikes, by grid search.

        theta = argmin over i = 1..grid, theta_i = max(a) * i/grid, of mean (a - q_theta_i(a))^2

    A small threshold clips, a large one quantises coarsely; with few steps the best is well below
    the maximum. Source: Li et al., ICML 2021, the MMSE threshold (their code searches 95 thresholds
    and leaves the shift out of the search; here it is the neuron's own, so that what is minimised
    is what the neuron does).

    Args:
        values: activations a >= 0, (N, C): one threshold for each column
        steps: T
        shift: V(0) as a fraction of the threshold, see :func:`quantised`
        grid: how many thresholds are tried

    Returns:
        (C,) thresholds, the largest of those that are equally good; the maximum of a silent column.
    """
    top = values.amax(dim=0).clamp(min=0)  # (C,)
    safe = top.clamp(min=SMALLEST)
    best = torch.full_like(top, torch.inf)
    theta = top.clone()
    for i in range(grid, 0, -1):
        candidate = safe * (i / grid)
        error = (values - quantised(values, candidate, steps, shift)).square().mean(dim=0)  # (C,)
        better = error < best
        best = torch.where(better, error, best)
        theta = torch.where(better & (top > SMALLEST), candidate, theta)
    return theta


def balanced_threshold(values: Tensor, steps: int = BALANCE_STEPS) -> Tensor:
    """The threshold after some steps of local threshold balancing.

        theta_0 = 0,    theta_{k+1} = theta_k + 2 * mean of max(a - theta_k, 0)

    Gradient descent with rate 1 on the clipping error mean (a - min(a, theta))^2. Its only minimum
    is the maximum of a; stopped early it stays below, the more so the fewer values are large, and
    so leaves finer levels to the others. Source: Bu et al., CVPR 2025 (local threshold balancing,
    per channel); their code takes one step for each batch, here all texts count in every step, so
    that the order of texts has no influence, and a step that passes the maximum ends there.

    Args:
        values: activations a >= 0, (N, C): one threshold for each column
        steps: how many; theirs are as many as the calibration data have batches

    Returns:
        (C,) thresholds, at most the maximum.
    """
    theta = torch.zeros(values.shape[1], dtype=values.dtype)
    top = values.amax(dim=0)
    for _ in range(steps):
        overflow = (values - theta).clamp(min=0).mean(dim=0)  # (C,)
        theta = torch.minimum(theta + 2 * overflow, top)
    return theta


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
        steps: T, which the rule mse needs
        shift: V(0) as a fraction of the threshold, or 1/2 with the bias shift (rule mse)

    Returns:
        theta (C,) or (1,) > 0, in the unit of the pre-activations, and the rule that holds: that of
        ``rule``, where it is ``auto`` ``qcfs``, ``bound`` or ``percentile``.

    Raises:
        InputError: a learned bound is asked for and the layer has none, or mse without steps.
    """
    node = network.node(name)
    learned = rule.rule == "auto" and rule.source != "relu" and isinstance(node, Bounded)
    if rule.rule in ("qcfs", "bound") or learned:
        if not isinstance(node, Qcfs if rule.rule == "qcfs" else Bounded):
            wanted = "QCFS" if rule.rule == "qcfs" else "QCFS or TCL"
            raise InputError(
                f"expected a {wanted} activation at {name} for the threshold rule {rule.rule}, but "
                f"it is {type(node).__name__}: choose auto, max, percentile or mse, or train with "
                "--activation qcfs"
            )
        return node.bound.detach().reshape(-1), "qcfs" if isinstance(node, Qcfs) else "bound"
    if rule.rule == "fixed":
        assert rule.value is not None
        return torch.tensor([rule.value]), "fixed"
    used = "percentile" if rule.rule == "auto" else rule.rule

    def measure(per_channel: bool) -> Tensor:
        if used == "max":
            return statistics.largest(per_channel)
        if used == "balance":
            return statistics.balanced(per_channel)
        if used == "weights":
            return _largest_weight(network, name, per_channel)
        if used == "mse":
            if steps is None:
                raise InputError("expected the time steps T for the threshold rule mse")
            return statistics.least_error(steps, shift, per_channel)
        return statistics.percentile(rule.percentile, per_channel, used == "percentile_nonzero")

    whole = _never_zero(measure(False), statistics)
    if rule.grain == "layer":
        return whole, used
    channels = measure(True)
    # a channel that is silent on the calibration data would get a threshold of zero and fire at
    # the first whiff of current on new data: it takes the layer's threshold instead
    return torch.where(channels > SMALLEST, channels, whole), used


def _never_zero(whole: Tensor, statistics: ActivationStatistics) -> Tensor:
    """A layer's threshold (1,), for a layer so sparse that the rule gives zero its maximum.

    A layer that is silent on all calibration texts gets 1, the unit of its pre-activations.
    """
    if float(whole) > SMALLEST:
        return whole
    largest = statistics.largest(False)
    return largest if float(largest) > SMALLEST else torch.ones(1)


def _largest_weight(network: Network, name: str, per_channel: bool) -> Tensor:
    """The largest weight of the layer that feeds activation ``name``: (C,) or (1,), at least 0."""
    source = name
    while not isinstance(network.node(source), Conv1d | Linear):
        inputs = network.inputs[source]
        if len(inputs) != 1 or inputs[0] == "input":
            raise InputError(
                f"expected one layer with weights before {name} for the threshold rule weights, "
                f"but {source} reads {', '.join(inputs)}: choose another rule"
            )
        source = inputs[0]
    node = network.node(source)
    assert isinstance(node, Conv1d | Linear)
    rows = node.weight.detach().flatten(1).amax(dim=1).clamp(min=0)  # (C,)
    return rows if per_channel else rows.max().reshape(1)
