"""What incremental evaluation asks of the engine that holds the table of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
from torch import Tensor

from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ..compiled.layer import Layer
from ..inference.chunks import Chunk
from ..inference.store import TokenStore
from ..inference.tally import Tally

AnyModel = SpikingTextModel | TextModel
Model = TypeVar("Model", bound=AnyModel, covariant=True)


class TableEngine(Protocol[Model]):
    """An engine with a row for every word that it has seen: `FastEngine` or `AnnEngine`."""

    @property
    def model(self) -> Model:
        """The model as it is run."""

    @property
    def layers(self) -> list[Layer]:
        """The branches up to their pooling; another list once the model has changed."""

    @property
    def store(self) -> TokenStore:
        """The rows."""

    @property
    def sums_suffice(self) -> bool:
        """Whether the sums of pooled signals over the steps are enough for the logits."""

    def serve_windows(self) -> None:
        """Keep rows as float32, which the kernels of single windows read.

        Raises:
            Unsupported: the engine runs without numba.
        """

    def refresh_if_changed(self) -> None:
        """Notice a change of the weights."""

    def rows_of(self, words: np.ndarray) -> np.ndarray:
        """Rows of the store (n,) for word ids (n,), projected where they have none yet.

        The next call may give them to other words.
        """

    def pooled_chunk(self, chunk: Chunk, sums: bool = False) -> Tensor:
        """Pooled signals of all branches side by side (T, B, sum of C), or their sums (1, B, ...).

        Of an ANN, T = 1: the largest pre-activations.
        """

    def pooled_logits(self, pooled: Tensor, sums: bool = False) -> Tensor:
        """Running logits (T, B, K) of pooled signals, or (1, B, K) after the last step of sums."""

    def running_logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        counter: Tally | None = None,
    ) -> Tensor:
        """Running logits (T, N, K) of whole texts."""

    def logits(
        self, sequences: Sequence[np.ndarray], seed: int = 0, shared_noise: bool = False
    ) -> Tensor:
        """Logits (N, K) of whole texts after the last step."""


class Rows(Protocol):
    """Where words have their rows in an engine's store."""

    def ids(self, sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
        """What stands for the words of each text: equal numbers have equal rows."""

    def rows_of(self, ids: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
        """Rows (S, n) for ids (n,) under each seed; the next call may give them to others."""


class WordRows:
    """Rows of words under a deterministic code: wherever they stand, whatever the seed."""

    def __init__(self, engine: TableEngine[AnyModel]) -> None:
        self.engine = engine

    def ids(self, sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
        """As `Rows.ids`: the word ids."""
        return [np.asarray(ids, np.int64) for ids in sequences]

    def rows_of(self, ids: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
        """As `Rows.rows_of`."""
        words, places = np.unique(ids, return_inverse=True)
        return self.engine.rows_of(words)[places][None]
