"""Individual coding: one word a step."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..code import Counts
from ..one_spike import NEVER, OneSpike


class Individual(OneSpike):
    r"""Word i of a text is sent at step i mod T alone; a value is one bit of it.

    .. math:: s(t) = 1 \text{ if } t = i \bmod T \text{ and } x \ge 1/2

    Source: Su et al., Neural Networks 2024, "SNN-BERT", and SNNLP's binary word vectors (Knipper et
    al. 2024), one word a step. The spike carries the charge of all T steps (worth: T), since the
    mean over T is what is read. With T of the longest text's words at least, words come one after
    another, as speech does; shorter runs send several at a time.

    A word has one step, so a value has one bit, whatever T is: there are no further steps of its
    own to spread levels over, and how many there would be depends on the length of the text,
    which a code does not know. The half and what 1 stands for are scaled by the gain of the input,
    which fits them to the vectors. Neurons fire once a step at most: what many words of one step
    add up to, or the last word, is cut short by conversion without fine-tuning.
    """

    elementwise = False
    rate = True
    colour = "#8172b3"

    @property
    def read_by_value(self) -> bool:
        """The bit is that of the value, at whatever step it comes."""
        return True

    def times(self, values: Tensor, steps: int) -> Tensor:
        """As `OneSpike.times`, of values (B, C, L): that of the position."""
        turn = torch.arange(values.shape[2], device=values.device) % steps  # (L,)
        return turn.expand(values.shape).masked_fill(values < 0.5, NEVER)

    def worth(self, steps: int) -> float:
        """T: the one spike stands for all of them."""
        return float(steps)

    def error_bound(self, steps: int) -> float:
        """1/2: one bit a value."""
        return 0.5

    def against_error(self, steps: int) -> str:
        """More steps do not help: a value is one bit."""
        return "a value is one bit here: fine-tune, or use the saf code"

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """A comparison for every value, once."""
        return {"encode_adds": values}


CODE = Individual()
