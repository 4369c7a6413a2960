"""A layer of BPSN neurons: decays and thresholds that are learned."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from ....errors import InputError
from ...network import Node, Signal
from .bpsn import BPSNParameters, bpsn_run

DIRECTIONS = ("both", "forward", "backward")
SHIFTS = (0.0, 0.125, 0.25, 0.5, 0.75)
"""Decays that are no multiplication: shifts, and the difference of a value and a shift."""
START = 0.3


class BPSN(Node):
    """BPSN neurons (`bpsn.py`) over the positions of a text: currents to spikes.

    Args:
        channels: C
        direction: ``both``, ``forward`` (what comes after has no part: for streams), ``backward``
        passes: of the reset; 0 for none
        groups: decays of their own for so many groups of channels
        shift_decays: round decays to `SHIFTS`, so that a leak is shifts and additions
        decay: where the decays start

    Raises:
        InputError: a direction there is not, channels that do not part in groups, passes below 0,
            or a decay outside (0, 1).
    """

    fields = ("channels", "direction", "passes", "groups", "shift_decays", "decay")

    def __init__(
        self,
        channels: int,
        direction: str = "both",
        passes: int = 0,
        groups: int = 1,
        shift_decays: bool = False,
        decay: float = START,
    ) -> None:
        super().__init__()
        _check(channels, direction, passes, groups, decay)
        self.channels, self.direction, self.passes = channels, direction, passes
        self.groups, self.shift_decays, self.decay = groups, shift_decays, decay
        start = torch.full((groups,), math.log(decay / (1 - decay)))  # (G,), sigmoid: decay
        self.threshold = nn.Parameter(torch.ones(channels))  # (C,)
        if direction != "backward":
            self.forward_logit = nn.Parameter(start.clone())
        if direction != "forward":
            self.backward_logit = nn.Parameter(start.clone())
        if passes:
            self.gamma_logit = nn.Parameter(torch.zeros(1))  # softplus: 0.69
            self.rho_logit = nn.Parameter(torch.zeros(1))  # sigmoid: 0.5

    def forward(self, *inputs: Signal) -> Signal:
        """(..., C, L) -> spikes of the same shape, none on padding."""
        values, lengths = inputs[0]
        return Signal(bpsn_run(values, self.parameters_now(), lengths), lengths)

    def parameters_now(self) -> BPSNParameters:
        """The neuron's parameters, out of what is learned."""
        none = self.threshold.new_zeros(1)
        return BPSNParameters(
            self._decay("forward_logit"),
            self._decay("backward_logit"),
            self.threshold,
            functional.softplus(self.gamma_logit) if self.passes else none,
            torch.sigmoid(self.rho_logit) if self.passes else none,
            self.passes,
        )

    def _decay(self, name: str) -> Tensor:
        """A decay (G,); 0 for a direction that the neuron does not look in."""
        logit = getattr(self, name, None)
        if logit is None:
            return self.threshold.new_zeros(self.groups)
        decay = torch.sigmoid(logit)
        return rounded(decay) if self.shift_decays else decay


def rounded(decay: Tensor) -> Tensor:
    """The nearest of `SHIFTS` to each decay, with the gradient of the decay itself.

    >>> rounded(torch.tensor([0.03, 0.3, 0.99])).tolist()
    [0.0, 0.25, 0.75]
    """
    shifts = decay.new_tensor(SHIFTS)
    nearest = shifts[(decay.detach().unsqueeze(-1) - shifts).abs().argmin(dim=-1)]
    return nearest + (decay - decay.detach())  # in this order the value is exact


def _check(channels: int, direction: str, passes: int, groups: int, decay: float) -> None:
    if direction not in DIRECTIONS:
        raise InputError(f"expected a direction of {', '.join(DIRECTIONS)}, but got {direction!r}")
    if groups < 1 or channels < 1 or channels % groups:
        raise InputError(f"expected channels in equal groups, but got {channels} in {groups}")
    if passes < 0:
        raise InputError(f"expected 0 passes of the reset or more, but got {passes}")
    if not 0 < decay < 1:
        raise InputError(f"expected a decay in (0, 1), but got {decay}")
