"""Time to first spike: a value is the time of one spike in a window of T steps, early is large.

A spike at step t (0 first) of a window of T steps stands for (T - t) / T, no spike for 0: T + 1
levels with one spike at most. A neuron works through two windows. In the window of its inputs it
only integrates; in the next, its own, it only compares its potential with a falling threshold.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from ...errors import InputError
from .base import Neurons, an_update


class TTFSParameters(NamedTuple):
    """Parameters of a time-to-first-spike neuron.

    threshold: theta > 0, in the unit of the input; the potential theta fires at the first step
    shift: where a value between two levels goes, as a share of a level: 1/2 rounds to the nearest
    """

    threshold: float = 1.0
    shift: float = 0.5

    def run(self, currents: Tensor) -> Tensor:
        """Spikes (T, ...) of the reference neuron for currents (T, ...)."""
        return ttfs_run(currents, self)


class TTFSState(NamedTuple):
    """State of a time-to-first-spike neuron, tensors of the shape of one step's current.

    slope: what the potential grows by at each step: the currents so far; v: membrane potential
    """

    slope: Tensor
    v: Tensor


def ttfs_initial(current: Tensor) -> TTFSState:
    """The state before the first step, for currents of the shape of ``current``."""
    return TTFSState(torch.zeros_like(current), torch.zeros_like(current))


def ttfs_integrate(current: Tensor, state: TTFSState) -> TTFSState:
    """One step in the window of the inputs: every spike starts a ramp (a linear kernel).

        g(t) = g(t-1) + I(t)
        V(t) = V(t-1) + g(t)

    A current that arrives at step t of T has added (T - t) I at the end, T times what the spike's
    time stands for. A constant current b adds b T (T + 1) / 2, so a bias is scaled by 2 / (T + 1).
    """
    slope = state.slope + current
    return TTFSState(slope, state.v + slope)


def ttfs_levels(v: Tensor, steps: int, p: TTFSParameters) -> Tensor:
    """Which of the levels 0 ... T a potential ``v`` after T = ``steps`` steps stands for.

        k = clip(floor(V / theta + shift), 0, T)

    V / theta is T times the pre-activation in thresholds: with shift 1/2, k/T is the QCFS
    activation with L = T levels (Bu et al. 2022).
    """
    return torch.floor(v / p.threshold + p.shift).clamp(0, steps)


def ttfs_spikes(levels: Tensor, steps: int) -> Tensor:
    """One spike at step T - k for level k >= 1, none for level 0: (...) -> (T, ...) in {0, 1}.

    >>> ttfs_spikes(torch.tensor([4.0, 2.0, 1.0, 0.0]), 4).tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    """
    times = torch.arange(steps, device=levels.device).reshape(-1, *[1] * levels.dim())
    return (times == steps - levels).to(levels.dtype)


def ttfs_fire(
    v: Tensor, fired: Tensor, step: int, steps: int, p: TTFSParameters
) -> tuple[Tensor, Tensor]:
    """One step in the neuron's own window: fire once, when the falling threshold meets V.

        theta(t) = theta * (T - t - shift)
        s(t) = 1 if V >= theta(t) and the neuron has not fired, else 0

    Args:
        v: potential at the end of the window of the inputs, any shape
        fired: bool of the same shape, whether the neuron has fired
        step: t in 0 ... T - 1
        steps: T
        p: threshold and shift

    Returns:
        Spikes in {0, 1}, and which neurons have fired by now.
    """
    crosses = (v / p.threshold + p.shift >= steps - step) & ~fired
    return crosses.to(v.dtype), fired | crosses


def ttfs_run(currents: Tensor, p: TTFSParameters) -> Tensor:
    """Both windows step by step: currents (T, ...) of one window -> spikes (T, ...) of the next.

    >>> currents = torch.tensor([[0.5], [0.0], [0.25], [0.0]])  # V = 4 * 0.5 + 2 * 0.25 = 2.5
    >>> ttfs_run(currents, TTFSParameters())[:, 0].tolist()
    [0.0, 1.0, 0.0, 0.0]
    """
    state = ttfs_initial(currents[0])
    for current in currents:
        state = ttfs_integrate(current, state)
    fired = torch.zeros_like(state.v, dtype=torch.bool)
    spikes = []
    for step in range(len(currents)):
        fires, fired = ttfs_fire(state.v, fired, step, len(currents), p)
        spikes.append(fires)
    return torch.stack(spikes)


def ttfs_encode(values: Tensor, steps: int) -> Tensor:
    """Values in [0, 1] as spike times, rounded to the nearest of T + 1 levels.

    (...) -> (T, ...) in {0, 1}; 1 fires at the first step, what rounds to 0 never fires.
    """
    return ttfs_spikes(ttfs_levels(values * steps, steps, TTFSParameters()), steps)


def ttfs_decode(spikes: Tensor) -> Tensor:
    """What spike times stand for: spikes (T, ...) -> sum over t of s(t) (T - t) / T, (...)."""
    steps = len(spikes)
    worth = (steps - torch.arange(steps, dtype=spikes.dtype, device=spikes.device)) / steps
    return (spikes * worth.reshape(-1, *[1] * (spikes.dim() - 1))).sum(dim=0)


def check_window(values: Tensor, window: int) -> None:
    """Refuse a signal (T, ...) of another window: biases are scaled for this one.

    Raises:
        InputError: T is not the window.
    """
    if len(values) != window:
        raise InputError(
            f"expected {window} steps, the window this time-to-first-spike network was made for, "
            f"but got {len(values)}: convert the ANN again with the window you want"
        )


class TTFS(Neurons):
    """Time-to-first-spike neurons with threshold 1 (`models/neurons/ttfs.py`): one spike at most.

    Currents of the window of the inputs -> spikes of the neurons' own, next window.

    Args:
        window: T, in steps
        shift: where a value between two levels goes; 1/2 rounds to the nearest
    """

    kind = "ttfs"
    fields = ("window", "shift")
    Parameters = TTFSParameters
    windowed = True
    code = "ttfs"
    # at a step of the window of its inputs V takes up the ramp: both are read, V is written; at one
    # of its own V is read and compared
    operations: ClassVar[Any] = an_update(bias_adds=1.0, reads_state=3.0)
    window: int
    shift: float

    def __init__(self, window: int, shift: float = 0.5) -> None:
        super().__init__(0.0, window=window, shift=shift)

    def parameters_on(self, currents: Tensor) -> TTFSParameters:
        """Threshold 1 and shift."""
        check_window(currents, self.window)
        return TTFSParameters(1.0, self.shift)


NEURON = TTFS
