"""Which of its ways an ANN goes: tables of words, or its own nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from ...models.devices import device_of
from ...models.text_model import TextModel
from ..compiled.there import compiles
from ..inference.changes import WeightsState, weights_state
from ..plan import Unsupported
from ..reference import ann_logits
from .ann import AnnEngine
from .ann_grid import ann_on_grid

if TYPE_CHECKING:
    from .incremental import Incremental


class AnnRunner:
    """Logits of an ANN, the same bits by tables and by its own nodes.

    Args:
        model: the ANN
        precision: ``fast`` leaves the weights as they are, for the network's own nodes
        tables: whether tables of words may be used, where numba is
        few: so many texts are done before numba is loaded
    """

    def __init__(
        self, model: TextModel, precision: str, tables: bool = False, few: int = 0
    ) -> None:
        self.model, self.asked, self.few = model, 0, few
        self.exact = precision == "exact"
        self.tables = self.exact and tables and not model.reads_vectors
        self._plain = model
        self._seen: WeightsState | None = None
        self._engine: Incremental[TextModel] | None = None

    def logits(self, sequences: Sequence[np.ndarray]) -> Tensor:
        """Logits (N, K) of id sequences."""
        if self.exact and self._seen != weights_state(self.model):
            self._take_weights()
        self.asked += len(sequences)
        if not self.tables or self.asked < self.few:
            return ann_logits(self._plain, sequences)
        if self._engine is None:
            from .incremental import Incremental  # loads numba

            self._engine = Incremental(AnnEngine(self.model))
        return self._engine.logits(sequences)

    def _take_weights(self) -> None:
        """Put the weights as they are now on a grid, if the network can be."""
        seen = weights_state(self.model)
        try:
            self._plain = ann_on_grid(self.model).to(device_of(self.model))
        except Unsupported:
            self.tables = False
        self.tables = self.tables and compiles()
        self._seen = seen
