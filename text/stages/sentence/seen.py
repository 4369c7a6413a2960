"""Vectors of texts that were encoded before, so that nothing is encoded twice in a process.

Fitting reads the training texts, training reads them again, and so do conversion and fine-tuning
of the same process; an attack comes back to texts it has asked about.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np

from ....turns import Turns

SEEN_BYTES = 256 << 20
"""Of the vectors that are kept: those of 170,000 texts of 384 components."""


class Seen:
    """Vectors by text; those that were not asked for the longest go first.

    Threads may share it, as they share an opened encoder: they take turns.

    Args:
        most: bytes of vectors that are kept
    """

    def __init__(self, most: int = SEEN_BYTES) -> None:
        self.most, self._bytes, self._turn = most, 0, Turns()
        self._rows: OrderedDict[bytes, np.ndarray] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def vectors(
        self, texts: Sequence[str], make: Callable[[list[str]], np.ndarray], what: str = ""
    ) -> np.ndarray:
        """The vectors (N, D) of N texts; ``make`` is asked once for each that is not known.

        Args:
            texts: N of them, at least one
            make: vectors (n, D) of n texts, none of which depends on the texts beside it
            what: of several ways to make them, which one
        """
        names = [blake2b(f"{what} {t}".encode("utf-8", "replace")).digest() for t in texts]
        with self._turn:
            own = self._found(dict(zip(names, texts, strict=True)), make)
        return np.stack([own[name] for name in names])

    def _found(
        self, texts: dict[bytes, str], make: Callable[[list[str]], np.ndarray]
    ) -> dict[bytes, np.ndarray]:
        """The vectors of distinct texts by their names."""
        own = {name: self._rows[name] for name in texts if name in self._rows}
        for name in own:
            self._rows.move_to_end(name)
        new = {name: text for name, text in texts.items() if name not in own}
        if new:
            made = zip(new, make(list(new.values())), strict=True)
            own |= {name: np.array(row) for name, row in made}  # not a view: it would keep all
            self._keep({name: own[name] for name in new})
        return own

    def _keep(self, rows: dict[bytes, np.ndarray]) -> None:
        self._rows |= rows
        self._bytes += sum(row.nbytes for row in rows.values())
        while self._bytes > self.most:
            self._bytes -= self._rows.popitem(last=False)[1].nbytes
