"""What a code answers: how a value in [0, 1] becomes T frames, and what that means for others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ...errors import InputError


class Code:
    """Values in [0, 1] to T frames, for tensors of any shape.

    A code of one's own subclasses this, gives `encode`, and is registered by ``CODES.add``. What it
    does not answer is answered for a deterministic rate code of spikes: a frame a step, the same
    for a word wherever it stands, and one operation a value and step.

    What every code must keep: zero is silent, since padding is zero; random draws come from
    ``generator`` alone; and the mean over T is near the value, as the weights are folded for that.

    Attributes:
        spiking: the frames are spikes in {0, 1}; otherwise they are analog.
        stochastic: frames are drawn at random, anew at every position.
        uniform: stochastic, and a spike is a uniform draw below the value, drawn position after
            position (Bernoulli spikes): then engines may keep the noise and draw less often.
        rate: a value is the mean of its frames; False where it is the time of a single spike.
        prefix: a run of T steps begins as one of fewer steps does.
        even: spikes of a value come as evenly over time as they can.
        odd: frames of -x are those of x with the other sign.
        sum_and_fire: frames are the spikes of an integrate-and-fire neuron with V(0) = 1/2.
        keeps_state: the encoder holds a number for every value between steps.
        mapping: of vectors in [-1, 1] to values, where none is chosen (see `encoder.Encoder`).
        quiet: the name of the deterministic code of the same rates, for a stochastic one.
        colour: in plots; None for the next that is free.
    """

    spiking = True
    stochastic = False
    uniform = False
    rate = True
    prefix = True
    even = False
    odd = False
    sum_and_fire = False
    keeps_state = False
    mapping = "split"
    quiet = ""
    colour: str | None = None

    def encode(
        self, x: Tensor, steps: int, generator: torch.Generator | None, shared: bool
    ) -> Tensor:
        """Frames (T, *x.shape) of values x.

        Args:
            x: values in [0, 1], (B, C, L)
            steps: T
            generator: source of random draws
            shared: one noise field (T, 1, C, L) for the whole batch
        """
        raise NotImplementedError(f"{type(self).__name__} gives no frames")

    def check_steps(self, steps: int) -> None:
        """Refuse a number of steps that the code cannot run for.

        Raises:
            InputError: which numbers it takes.
        """
        if steps < 1:
            raise InputError(f"expected at least one time step, but got {steps}")

    def longest(self, steps: int) -> int:
        """The largest number of steps up to ``steps`` that the code can run for."""
        return steps

    def frame_order(self, steps: int) -> tuple[int, ...]:
        """Which of the distinct frames each of T steps sends; by default a frame a step."""
        return tuple(range(steps))

    def distinct(self, x: Tensor, steps: int) -> Tensor:
        """The F distinct frames (F, *x.shape) of a deterministic code, as `frame_order` counts."""
        return self.encode(x, steps, None, False)

    def work(self, values: Any, steps: Any, spikes: Any) -> Mapping[str, Any]:
        """Operations of the encoder, as `energy.layers.Layer` names them.

        By default one addition or comparison for every value and step. Values that are zero need
        no work and are not among ``values``.

        Args:
            values: above zero, of every text (N,)
            steps: that each text runs (N,)
            spikes: that each text sends (N,), or 0 where they were not counted
        """
        return {"encode_adds": values * steps}
