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

CODES: Registry[Code] = Registry(
    "encoder", f"{__name__}.codes", "CODE", ("direct", "poisson", "saf", "bitplane", "ttfs")
)
ENCODERS = Choices(CODES, BOOKS)
MAPPINGS = ("split", "shift", "none")
STORED = "stored"
"""The code of bits that no book has written, such as learned ones (`convert.stored`)."""
