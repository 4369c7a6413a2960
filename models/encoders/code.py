"""What a code answers: how a value in [0, 1] becomes T frames, and what that means for others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from math import inf

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError

Counts = Mapping[str, np.ndarray]


class Code(ABC):
    """Values in [0, 1] to T frames.

    A code of one's own subclasses this, gives `encode`, and is registered by ``CODES.add``. What it
    does not answer itself is answered for a deterministic rate code of spikes: a frame a step, the
    same for a value wherever it stands, and one operation for every value and step.

    What every code must keep: zero is silent, since padding is zero; random draws come from
    ``generator`` alone; and `decode` gives the value back within `error_bound`. The weights are
    folded for the mean over T times `worth`, which of rate codes is the same. The fast engines
    check it with a few values (`check.py`).

    Attributes:
        spiking: the frames are spikes in {0, 1}; otherwise one analog frame is sent at every step
        exact: the frames are the values themselves, neither rounded nor drawn
        stochastic: frames are drawn at random, anew for every text and position
        elementwise: what a value sends depends on it, T and the draws alone, not on the values
            beside it nor on its place; where False, frames are made for every position of a text
            instead of once for a word
        bernoulli: stochastic, and the value is the probability of each spike, drawn as `Poisson`
            does; then engines keep the noise of a position and draw less often
        rate: a value is the mean of its frames; False where it is the time of a single spike
        contains_shorter: a run of T steps begins as one of fewer steps does, so that one run
            answers for all of them
        sum_and_fire: frames are the spikes of an integrate-and-fire neuron with V(0) = 1/2
        looks_up: values are bits that were made before, S slices of C channels each (`stored.py`),
            and frames are C channels wide
        keeps_state: the encoder holds a number for every value between steps
        default_mapping: of vectors in [-1, 1] to values, where none is chosen (`encoder.Encoder`)
        colour: in plots; None for the next that is free
    """

    spiking: bool = True
    exact: bool = False
    stochastic: bool = False
    elementwise: bool = True
    bernoulli: bool = False
    rate: bool = True
    contains_shorter: bool = False
    sum_and_fire: bool = False
    looks_up: bool = False
    keeps_state: bool = False
    default_mapping: str = "split"
    colour: str | None = None

    @abstractmethod
    def encode(
        self,
        values: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """Frames (T, B, C, L) of values (B, C, L) in [0, 1].

        Args:
            values: of B texts, C channels and L positions
            steps: T
            generator: source of random draws
            shared_noise: the same draws for every text, made position after position, so that what
                a text sends depends neither on the texts beside it nor on the padding after it
        """

    def worth(self, steps: int) -> float:
        """By what the mean of T frames must be multiplied to give the value.

        The weights of the first layer are multiplied by it (`encoder.Encoder.fold`), so that
        neurons that count spikes read values. 1 where spikes come at the rate of the value.
        """
        return 1.0

    def decode(self, frames: Tensor) -> Tensor:
        """The inverse of `encode`: what frames (T, ...) stand for, (...).

        By default their mean times `worth`. A code whose spikes say more by when they come answers
        itself; what a network of neurons that count makes of them is `read`.
        """
        return self.read(frames)

    def read(self, frames: Tensor) -> Tensor:
        """What the network behind the code reads of frames (T, ...): (...).

        The mean times `worth` for neurons that count spikes. Another where the code goes with
        neurons of its own, which read times.
        """
        mean = frames.mean(dim=0)
        worth = self.worth(len(frames))
        return mean if worth == 1 else mean * worth

    def error_bound(self, steps: int) -> float:
        """The largest error of decode(encode(x)) for x in [0, 1] at T ``steps``; inf: no bound.

        Of codes that are drawn at random, what a value keeps with probability 1 - 1e-6.
        """
        return inf

    def mean_rate(self, values: Tensor, steps: int) -> Tensor:
        """The expected spikes a step of values (B, C, L) over T ``steps``, of their shape.

        Elementwise codes take values of any shape.
        """
        if self.stochastic:
            return values / self.worth(steps)
        return self.encode(values, steps).mean(dim=0)

    def gradient(self, of_frames: Tensor) -> Tensor:
        """A gradient (T, B, C, L) for the frames, as that (B, C, L) for the values.

        The code is passed as the rate that it sends: the mean frame is the value over its worth.
        """
        return of_frames.sum(dim=0) / self.worth(len(of_frames))

    @property
    def in_pieces(self) -> bool:
        """Whether `pieces` never holds all T frames at once."""
        return type(self).pieces is not Code.pieces

    def pieces(
        self,
        values: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """The frames of `encode`, the same bits, in pieces (T', B, C, L) of up to ``size`` steps.

        By default cut from all T frames. A code that makes them one after another answers itself,
        and then long runs need little memory.
        """
        yield from self.encode(values, steps, generator, shared_noise).split(size)

    @property
    def by_word(self) -> bool:
        """Whether a word has the same frames wherever it stands, so that they are made once."""
        return self.elementwise and not self.stochastic

    @property
    def rounds(self) -> bool:
        """Whether T steps hold the nearest of a few levels of a value, always the same one."""
        return self.rate and not self.exact and not self.stochastic

    @property
    def noiseless(self) -> str:
        """The name of a deterministic code of the same rates, for controls of a stochastic one."""
        return "saf" if self.spiking else "direct"

    @property
    def pooling(self) -> tuple[str, str]:
        """The rule that max pooling of its spikes takes by itself, and why.

        Of `models.spikes.POOLING_RULES`; `convert/rules/pooling.py` says where in a network each
        holds.
        """
        if not self.spiking:
            return "currents", "exact for constant input: the largest current stays the largest"
        return "counts", "exact for every spike train: its count is the largest count"

    def check_steps(self, steps: int) -> None:
        """Refuse a number of steps that the code cannot run for.

        Raises:
            InputError: which numbers it takes.
        """
        if steps < 1:
            raise InputError(f"expected at least one time step, but got {steps}")

    def largest_steps(self, at_most: int) -> int:
        """The largest number of steps up to ``at_most`` that the code can run for.

        ``at_most`` itself where there is none, for `check_steps` to refuse.
        """
        for steps in range(at_most, 0, -1):
            try:
                self.check_steps(steps)
            except InputError:
                continue
            return steps
        return at_most

    def frame_order(self, steps: int) -> tuple[int, ...]:
        """Which of its F distinct frames the code sends at each of T steps, counted from 0.

        By default T different ones; one for analog input. Engines ask it of codes that are
        `by_word`.
        """
        return tuple(range(steps)) if self.spiking else (0,) * steps

    def distinct(self, values: Tensor, steps: int) -> Tensor:
        """The distinct frames (F, N, K) of values (N, K), as `frame_order` numbers them.

        By default those of `encode`, each as it is sent first. Of codes that are `by_word`.
        """
        order = self.frame_order(steps)
        frames = self.encode(values.t().unsqueeze(0), steps)  # (T, 1, K, N)
        first = [order.index(number) for number in range(max(order) + 1)]
        return frames[first, 0].transpose(1, 2)

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """Operations of the encoder on N texts, by the fields of `energy/layers.py`.

        By default one addition or comparison for every value and step, and one draw where the code
        is stochastic. Values that are zero need no work and are not among ``values``.

        Args:
            values: above zero, of every text (N,)
            steps: that each text runs (N,)
            spikes: that each text sends (N,); zeros where they were not counted
        """
        touched = values * steps
        drawn = {"encode_draws": touched} if self.stochastic else {}
        return {"encode_adds": touched, **drawn}

    def against_unevenness(self) -> str:
        """What to do where a conversion's error is that currents come unevenly over the steps."""
        return "use the bitplane code or more steps"

    def against_error(self, steps: int) -> str:
        """What to do where a conversion's error is that of its input code, at T ``steps``."""
        if self.stochastic:
            return "use the saf or the bitplane code, which have no noise, or more steps"
        return f"the input is rounded to {steps} steps: use more steps"
