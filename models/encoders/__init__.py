"""Spike encoders: words become spike trains.

Of `CODES` by name, vectors in [-1, 1] are coded as they are read; of `BOOKS`, they were written
down as bits before, which are sent. A user chooses among `ENCODERS`, both of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...options import Choices
from ...registry import Registry
from .books import BOOKS

if TYPE_CHECKING:
    from .code import Code

SUMMARIES = {
    "direct": "the values themselves at every step, analog",
    "poisson": "random spikes, each with the value as its probability",
    "saf": "evenly spaced spikes, the nearest of T levels (sum and fire)",
    "bitplane": "binary digits of the value, interleaved by how much each counts",
    "ttfs": "one spike, early for a large value, for time-to-first-spike neurons alone",
    "saf0": "as saf from V(0) = 0, the level below the value, as SNNLP publishes it",
    "even": "the nearest of T levels, evenly spaced, each channel from a place of its own",
    "sigma_delta": "as saf from a random V(0), right on average with little noise",
    "individual": "word i of a text at step i alone, one bit a value",
    "latency": "one spike, the earlier the larger the value, on a linear scale",
    "log_latency": "one spike, the earlier the larger the value, on a logarithmic scale",
    "phase": "binary digits of the value, the highest first, again in every period",
    "rank_order": "one spike, in the order of the values of a word, the largest first",
    "burst": "spikes in a row, each of which stands for twice the one before it",
}
"""The codes of the package and what each sends, in one line."""
CODES: Registry[Code] = Registry(
    "encoder",
    f"{__name__}.codes",
    "CODE",
    tuple(SUMMARIES),
    {
        "saf0": "saf:FROM_ZERO",
        "ttfs": "times.ttfs",
        "latency": "times.latency",
        "log_latency": "times.latency:LOGARITHMIC",
        "phase": "times.phase",
        "rank_order": "times.rank_order",
        "burst": "times.burst",
    },
)
ENCODERS = Choices(CODES, BOOKS)
MAPPINGS = ("split", "shift", "none")
STORED = "stored"
"""The code of bits that no book has written, such as learned ones (`convert.stored`)."""


def summary(name: str) -> str:
    """What the code ``name`` sends, in one line; one of the package's is not loaded for it.

    Raises:
        UnknownNameError: there is none.
    """
    return SUMMARIES[name] if name in SUMMARIES else CODES[name].summary
