"""Books: ways to write the vectors of words as bits, which a spiking model keeps in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....registry import Registry

if TYPE_CHECKING:
    from .book import Book

BOOKS: Registry[Book] = Registry(
    "book",
    __name__,
    "BOOK",
    ("sign", "median", "population", "gray", "least_ones", "autoencoder"),
)
