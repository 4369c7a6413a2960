"""What incremental evaluation asks of the engine that holds the table of words."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from torch import Tensor

from ..inference.store import TokenStore
from ..plan import Plan


class TableEngine(Protocol):
    """An engine with a row for every word that it has seen.

    Attributes:
        model: as it is run, an SNN or an ANN
        plan: its branches and the rest
        front: parameters of the branches: ``order``, ``soft``, ``initial`` and ``biases``
        store: the rows
        backend: ``numba``, or another that has no kernels for single windows
        precision: ``exact`` or ``fast``
        affine: weights and bias of the layers after the pooling where they are one, or None
    """

    model: Any
    plan: Plan
    front: Any
    store: TokenStore
    affine: Any

    @property
    def backend(self) -> str:
        """What runs the kernels."""

    @property
    def precision(self) -> str:
        """``exact`` or ``fast``."""

    def keep_float32(self) -> None:
        """Keep rows as float32, which single windows read."""

    def refresh_if_changed(self) -> None:
        """Notice a change of the weights."""

    def rows_of(self, words: np.ndarray) -> np.ndarray:
        """Rows (n,) of the store for word ids (n,)."""

    def running_logits(self, *arguments: Any) -> Tensor:
        """Running logits (T, N, K) of whole texts."""

    def logits(self, *arguments: Any) -> Tensor:
        """Logits (N, K) of whole texts."""

    def currents(self, pooled: Tensor) -> Tensor:
        """Output currents (T, N, K) of pooled signals."""
