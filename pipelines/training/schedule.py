r"""Courses of the learning rate, by name in `SCHEDULES`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

WARMUP = 0.03
"""Share of all updates in which the learning rate rises to its full value."""
LINEAR_WARMUP = 0.06
"""The same share in the course `linear`."""
LEAST = 0.01
"""The learning rate never falls below this share of its full value."""


def constant(step: int, total: int) -> float:
    """The full learning rate at every update."""
    return 1.0


def cosine(step: int, total: int) -> float:
    r"""Rises over the first `WARMUP` of all updates and then falls along half a cosine to `LEAST`.

    .. math:: f(s) = \min(1, (s + 1) / w) \cdot (1 + \cos(\pi s / S)) / 2

    (Loshchilov and Hutter, ICLR 2017, equation 5, without restarts.)
    """
    rising = min(1.0, (step + 1) / max(1.0, WARMUP * total))
    falling = (1 + math.cos(math.pi * min(step, total) / total)) / 2
    return max(LEAST, rising * falling)


def linear(step: int, total: int) -> float:
    """Rises over the first `LINEAR_WARMUP` of all updates and then falls evenly to `LEAST`.

    As transformers are fine-tuned (Devlin et al., NAACL 2019, appendix A.2).
    """
    rising = (step + 1) / max(1.0, LINEAR_WARMUP * total)
    falling = (total - step) / max(1.0, (1 - LINEAR_WARMUP) * total)
    return max(LEAST, min(1.0, rising, falling))


SCHEDULES: Mapping[str, Callable[[int, int], float]] = {
    "cosine": cosine,
    "constant": constant,
    "linear": linear,
}


def rate_factor(step: int, total: int, schedule: str) -> float:
    """What the learning rate of an update is multiplied with.

    Args:
        step: updates done before this one, s
        total: updates of the whole training, S
        schedule: of `SCHEDULES`
    """
    return SCHEDULES[schedule](step, total)
