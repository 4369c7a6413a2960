"""An ANN from tables of words, with the same bits for a text in any company (`ann_grid.py`).

Max pooling over all positions takes the largest sum of table rows, which an attack's texts share
(`incremental.py`), and the activation follows: max(a(z)) = a(max(z)) for a monotone a.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...models.network import Signal
from ...models.text_model import TextModel
from ..compiled.layer import LARGEST, Layer
from ..compiled.there import compiles
from ..grid import GridConv1d
from ..inference.changes import WeightsState, weights_state
from ..inference.chunks import Chunk, answers, word_chunks
from ..inference.store import CACHE_BYTES, TokenStore
from ..inference.tally import Tally
from ..plan import Unsupported
from ..reference import checked_ids
from .ann_grid import ann_on_grid, ann_plan


class AnnEngine:
    """Runs one ANN from a table of words, which it keeps: a `TableEngine` of one step.

    Args:
        model: the ANN; a change of its weights is noticed at the next call
        cache_bytes: the most bytes of table rows that are kept

    Raises:
        Unsupported: the network is of another kind, or numba is missing.
    """

    def __init__(self, model: TextModel, cache_bytes: int = CACHE_BYTES) -> None:
        if not compiles():
            raise Unsupported("tables of words need the numba kernels")
        self.source, self.cache_bytes = model, cache_bytes
        self.refresh()

    def refresh(self) -> None:
        """Take the model as it is now and forget all table rows."""
        self._seen: WeightsState | None = None  # cut short, this is done again at the next call
        self.model = ann_on_grid(self.source)
        self.plan = ann_plan(self.model.network)
        nodes = [self.model.network.node(branch.conv) for branch in self.plan.branches]
        self.convs = [node for node in nodes if isinstance(node, GridConv1d)]
        self.layers = [largest_layer(conv) for conv in self.convs]
        biases = [conv.bias.detach().numpy().copy() for conv in self.convs]
        words = self.model.embedding.num_embeddings
        self.store = TokenStore(self.plan, biases, 1, words, self.cache_bytes)
        self._seen = weights_state(self.source)

    def refresh_if_changed(self) -> None:
        """Notice a change of the model's weights."""
        if weights_state(self.source) != self._seen:
            self.refresh()

    def serve_windows(self) -> None:
        """As `TableEngine.serve_windows`: rows are float32 as they are, and numba is there."""

    @property
    def sums_suffice(self) -> bool:
        """As `TableEngine.sums_suffice`: there is one step, and nothing to add up."""
        return False

    def rows_of(self, words: np.ndarray) -> np.ndarray:
        """As `TableEngine.rows_of`."""
        return self.store.rows_of(words, self._fill)

    @torch.no_grad()
    def _fill(self, new: np.ndarray) -> None:
        """Project words that have no row yet, as `GridConv1d.convolve` does."""
        vectors = self.model.embedding(torch.from_numpy(new)).clamp(-1, 1)  # (n, D)
        parts = []
        for conv in self.convs:
            rows = conv.rounded(vectors)
            taps = torch.stack([conv.to_grid(rows @ conv.tap(j).T) for j in range(conv.width)])
            taps[0] += conv.bias
            parts.append(taps.unsqueeze(2))  # (k, n, 1, C)
        self.store.put(self.store.assign(new), parts)

    def pooled_chunk(self, chunk: Chunk, sums: bool = False) -> Tensor:
        """As `TableEngine.pooled_chunk`: the largest pre-activations (1, B, sum of C)."""
        from .kernels import largest_of_texts

        parts = []
        for array, layer in zip(chunk.store.arrays, self.layers, strict=True):
            largest = np.empty((len(chunk.texts), layer.channels), np.float32)
            largest_of_texts(array[:, :, 0], chunk.slots, chunk.starts, layer, largest)
            parts.append(torch.from_numpy(largest))
        return torch.cat(parts, dim=1).unsqueeze(0)

    def pooled_logits(self, pooled: Tensor, sums: bool = False) -> Tensor:
        """As `TableEngine.pooled_logits`: activations, and the nodes after the pooling."""
        network = self.model.network
        sizes = [branch.channels for branch in self.plan.branches]
        signals: dict[str, Signal] = {}
        for branch, part in zip(self.plan.branches, pooled[0].split(sizes, dim=1), strict=True):
            signal = Signal(part)
            if branch.neurons != branch.pool:
                signal = network.node(branch.neurons)(signal)
            signals[branch.output] = signal
        for name in self.plan.rest:
            signals[name] = network.node(name)(*(signals[i] for i in network.inputs[name]))
        return signals[network.output].values.unsqueeze(0)

    @torch.no_grad()
    def running_logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        counter: Tally | None = None,
    ) -> Tensor:
        """Logits (1, N, K) of id sequences, from all of their windows.

        An ANN draws nothing, and its operations are not counted by texts.

        Raises:
            InputError: no sequences, or something else (see `text.inputs.as_sequences`).
        """
        sequences = checked_ids(self.model, sequences, TextModel)
        chunks = word_chunks(sequences, self.store, self.rows_of)
        return answers(chunks, lambda c: self.pooled_logits(self.pooled_chunk(c)), dim=1)

    def logits(
        self, sequences: Sequence[np.ndarray], seed: int = 0, shared_noise: bool = False
    ) -> Tensor:
        """Logits (N, K) of id sequences."""
        return self.running_logits(sequences)[0]


def largest_layer(conv: GridConv1d) -> Layer:
    """A branch as kernels read it that pools the largest current: nothing is integrated."""
    return Layer(
        rule=LARGEST,
        width=conv.width,
        left=conv.padding[0],
        right=conv.padding[1],
        soft=True,
        exact=True,
        one=np.float32(1),
        initial=np.zeros(conv.channels, np.float32),
        order=np.zeros(1, np.int64),
    )
