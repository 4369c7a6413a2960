"""TextModel: word vectors and the network that reads them."""

from __future__ import annotations

import torch
from torch import Tensor

from .encoders.bit_table import BitTable
from .encoders.rounding import Rounding
from .network import Network, Signal
from .nodes.layers import Dropout
from .reader import TextReader


class TextModel(TextReader):
    """Word vectors and an ANN on them: ids (B, L) -> logits (B, K).

    The vectors are range-mapped (see `text/stages/ranges.py`): every component lies in [-1, 1], and
    row 0 (padding) stays exactly zero. Without any it reads vectors (B, L, D) in place of ids.

    Attributes:
        rounding: what vectors are rounded to on their way to the network while it is trained; None
            for not at all, as in every model that is loaded (`settle`)
    """

    def __init__(
        self,
        vectors: Tensor | BitTable,
        network: Network,
        train_vectors: bool = False,
        rounding: Rounding | None = None,
    ) -> None:
        super().__init__(vectors, train_vectors)
        self.network = network
        self.rounding = rounding

    def embed(self, texts: Tensor) -> Tensor:
        """As `TextReader.embed`, rounded where the model is trained so."""
        x = super().embed(texts)  # (B, D, L)
        return x if self.rounding is None else self.rounding.straight_through(x)

    @torch.no_grad()
    def settle(self) -> None:
        """Put the rounded vectors into the table, from where nothing needs to round them again."""
        if self.rounding is not None:
            table = self.embedding.weight
            table.copy_(self.rounding(table.clamp(-1, 1)))
            self.rounding = None

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B, K) of padded ids (B, L) with ``lengths`` (B,) valid positions each."""
        return self.network(Signal(self.embed(ids), lengths))


def set_generator(network: Network, generator: torch.Generator | None) -> None:
    """Make every dropout node of ``network`` draw from ``generator``."""
    for name in network.inputs:
        node = network.node(name)
        if isinstance(node, Dropout):
            node.generator = generator
