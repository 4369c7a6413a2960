"""Output neurons that add up and fire, for networks fine-tuned on spike counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ..network import Node, Signal
from .base import UPDATE, fire, runs_itself
from .integrate_and_fire import IFParameters


class SpikingReadout(Node):
    """Output neurons: currents (T, B, K) -> spikes (T, B, K) plus a trace of the potential.

    Used by networks fine-tuned on spike counts. To tell equal counts apart, each step adds
    ``TIE_BREAK`` times the change of the membrane potential, I(t) - s(t), so the running sum is
    N(t) + TIE_BREAK * (V(t) - V(0)): the class whose potential is higher wins a tie.
    """

    TIE_BREAK = 1e-3
    fields = ("initial",)
    operations: ClassVar[Mapping[str, float]] = UPDATE

    def __init__(self, initial: float = 0.5) -> None:
        super().__init__()
        self.initial = initial

    def forward(self, *inputs: Signal) -> Signal:
        """Output spikes at every step, ties broken by the potential."""
        currents = inputs[0].values
        spikes = fire(currents, IFParameters(1.0, self.initial, True))
        return Signal(spikes + self.TIE_BREAK * (currents - spikes))

    @property
    def resumes(self) -> bool:
        """As `Node.resumes`."""
        return runs_itself() and super().resumes

    def resume(self, inputs: Sequence[Signal], state: Any) -> tuple[Signal, Any]:
        """As `Node.resume`; the state is that of the neurons."""
        currents = inputs[0].values
        spikes, state = IFParameters(1.0, self.initial, True).resume(currents, state)
        return Signal(spikes + self.TIE_BREAK * (currents - spikes)), state
