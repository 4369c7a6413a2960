"""TextModel: word vectors and the network that reads them."""

from __future__ import annotations

import torch
from torch import Tensor

from .encoders.bit_table import BitTable
from .network import Network, Signal
from .nodes.layers import Dropout
from .reader import TextReader


class TextModel(TextReader):
    """Word vectors and an ANN on them: ids (B, L) -> logits (B, K).

    The vectors are range-mapped (see `text/stages/ranges.py`): every component lies in [-1, 1], and
    row 0 (padding) stays exactly zero. Without any it reads vectors (B, L, D) in place of ids.
    """

    def __init__(
        self, vectors: Tensor | BitTable, network: Network, train_vectors: bool = False
    ) -> None:
        super().__init__(vectors, train_vectors)
        self.network = network

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B, K) of padded ids (B, L) with ``lengths`` (B,) valid positions each."""
        return self.network(Signal(self.embed(ids), lengths))


def set_generator(network: Network, generator: torch.Generator | None) -> None:
    """Make every dropout node of ``network`` draw from ``generator``."""
    for name in network.inputs:
        node = network.node(name)
        if isinstance(node, Dropout):
            node.generator = generator
