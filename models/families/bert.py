"""The ANN of the spiking encoder's matrices: softmax attention, GELU and layer norms.

What `spiking_bert` is to be compared with: the same word vectors, positions, matrices, heads and
stream, and analog values in the place of spikes. It is small and starts from random weights; it is
no BERT that somebody has pretrained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .family import Family, same_option
from .spiking_bert import SpikingBertSpec

if TYPE_CHECKING:
    from ..network import Network, Node

Entry = tuple[str, "Node", tuple[str, ...]]


@dataclass(frozen=True)
class BertSpec:
    """What shapes the ANN; all as in `SpikingBertSpec`.

    dim: word-vector components; classes: number of classes K; size: hidden size D; layers: blocks;
    heads: H; expansion: M / D of the inner layer; positions: that have vectors of their own;
    token_dropout: on the input and on both branches of a block.
    """

    dim: int
    classes: int
    size: int = same_option(SpikingBertSpec, "size")
    layers: int = same_option(SpikingBertSpec, "layers")
    heads: int = same_option(SpikingBertSpec, "heads")
    expansion: int = same_option(SpikingBertSpec, "expansion")
    positions: int = same_option(SpikingBertSpec, "positions")
    token_dropout: float = same_option(SpikingBertSpec, "token_dropout")

    def check(self) -> None:
        """Refuse what `SpikingBertSpec.check` does.

        Raises:
            InputError: says what was expected and what came.
        """
        SpikingBertSpec(**vars(self)).check()


def build_bert(spec: BertSpec, seed: int = 0) -> Network:
    """The network (B, D_e, L) -> (B, K), norms before what they feed (Xiong et al. 2020).

        X0 = LN(W_e E + P)
        X = X + W_o attention(W_qkv LN(X))
        X = X + W_w GELU(W_u LN(X))
        logits = readout(mean of LN(X) over valid positions)

    Matrices but the first have biases, as those of the spiking network have once norms are folded.

    Raises:
        InputError: see `BertSpec.check`.
    """
    spec.check()
    from ..network import Network
    from ..nodes.layers import Dropout, Linear
    from ..nodes.pooling import MeanOverTime
    from ..nodes.tokens.linear import TokenLinear
    from ..nodes.tokens.norm import TokenLayerNorm
    from ..nodes.tokens.positions import AddPositions
    from .spiking_bert import initialised

    nodes: list[Entry] = [
        ("embed", TokenLinear(spec.dim, spec.size, clears=True), ("input",)),
        ("positions", AddPositions(spec.size, spec.positions), ("embed",)),
        ("embed_norm", TokenLayerNorm(spec.size), ("positions",)),
        ("embed_dropout", Dropout(spec.token_dropout), ("embed_norm",)),
    ]
    for block in range(1, spec.layers + 1):
        nodes += _block(spec, f"block{block}", nodes[-1][0])
    nodes += [
        ("last_norm", TokenLayerNorm(spec.size), (nodes[-1][0],)),
        ("pool", MeanOverTime(), ("last_norm",)),
        ("readout", Linear(spec.size, spec.classes), ("pool",)),
    ]
    return initialised(Network(nodes), seed)


def _block(spec: BertSpec, name: str, source: str) -> list[Entry]:
    """Attention and the inner layer; the last node is the stream. Matrices are named as there."""
    from ..nodes.activations import Gelu
    from ..nodes.layers import Dropout
    from ..nodes.merge import Add
    from ..nodes.tokens.attention import SoftmaxAttention
    from ..nodes.tokens.linear import TokenLinear
    from ..nodes.tokens.norm import TokenLayerNorm

    size, wide = spec.size, spec.size * spec.expansion
    return [
        (f"{name}_norm", TokenLayerNorm(size), (source,)),
        (f"{name}_qkv", TokenLinear(size, 3 * size, bias=True), (f"{name}_norm",)),
        (f"{name}_attention", SoftmaxAttention(spec.heads), (f"{name}_qkv",)),
        (f"{name}_out", TokenLinear(size, size, bias=True), (f"{name}_attention",)),
        (f"{name}_out_dropout", Dropout(spec.token_dropout), (f"{name}_out",)),
        (f"{name}_attended", Add(), (source, f"{name}_out_dropout")),
        (f"{name}_inner_norm", TokenLayerNorm(size), (f"{name}_attended",)),
        (f"{name}_up", TokenLinear(size, wide, bias=True), (f"{name}_inner_norm",)),
        (f"{name}_gelu", Gelu(), (f"{name}_up",)),
        (f"{name}_down", TokenLinear(wide, size, bias=True), (f"{name}_gelu",)),
        (f"{name}_down_dropout", Dropout(spec.token_dropout), (f"{name}_down",)),
        (f"{name}_stream", Add(), (f"{name}_attended", f"{name}_down_dropout")),
    ]


FAMILY = Family(BertSpec, build_bert, converts=False, lr=1e-3)
