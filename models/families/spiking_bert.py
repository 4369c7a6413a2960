"""A spiking text encoder that is trained as it is, one token a time step.

**A reconstruction** of "SNN-BERT" (Su et al., Neural Networks 180, 2024, 106630), of which only the
abstract was within reach: `docs/spiking_bert.md` says what is published and what was decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import InputError
from ...options import option
from .family import Family

if TYPE_CHECKING:
    from ..network import Network, Node

CODINGS = ("individual", "repeat")
OF_CODING = {"individual": ("direction", "passes", "shift_decays"), "repeat": ("shows",)}
"""Options that only one coding reads."""
ATTENTIONS = ("ssa", "sdsa", "softmax")


@dataclass(frozen=True)
class SpikingBertSpec:
    """What shapes a spiking encoder.

    dim: word-vector components; classes: number of classes K; size: hidden size D; layers: blocks;
    heads: H; expansion: M / D of the inner layer; positions: that have vectors of their own;
    coding: which axis is time, ``individual`` (token i enters at step i) or ``repeat`` (the whole
    text enters at each of T steps); shows: T of ``repeat``; attention: ``ssa``, ``sdsa`` or
    ``softmax``; norm: ``batch`` or ``layer``; direction, passes, shift_decays: of the neurons of
    ``individual``; token_dropout: on the input and on both branches of a block; pairs: whether the
    last of the components marks the end of a text, and the second text of a pair is told by it.
    """

    dim: int
    classes: int
    size: int = option(128, "hidden size of a spiking encoder", least=1)
    layers: int = option(2, "blocks of a spiking encoder", least=1)
    heads: int = option(4, "heads of attention between spikes", least=1)
    expansion: int = option(4, "inner layer of a block, in hidden sizes", least=1)
    positions: int = option(128, "positions with a vector of their own", least=1)
    coding: str = option(
        "individual",
        "which axis is time: individual, token by token, or repeat, the whole text at every step",
        CODINGS,
    )
    shows: int = option(4, "time steps T of --coding repeat", least=1)
    attention: str = option(
        "ssa",
        "attention between spikes: ssa, scores are counts; sdsa, linear in the length; softmax, "
        "which multiplies",
        ATTENTIONS,
    )
    norm: str = option("batch", "normalisation in a spiking encoder", ("batch", "layer"))
    direction: str = option(
        "both",
        "direction of time that neurons of --coding individual look in",
        ("both", "forward", "backward"),
    )
    passes: int = option(0, "passes of the reset, with --coding individual", least=0)
    shift_decays: bool = option(
        False, "round decays so that a leak is shifts and additions, with --coding individual"
    )
    token_dropout: float = option(
        0.2, "dropout on the input and the branches of a spiking encoder", least=0, below=1
    )
    pairs: bool = False

    def check(self) -> None:
        """Refuse sizes below 1, heads that do not divide the size, and what a coding does not read.

        Raises:
            InputError: says what was expected and what came.
        """
        sizes = (self.dim, self.classes, self.size, self.layers, self.heads, self.expansion)
        if min(*sizes, self.positions, self.shows) < 1 or not 0 <= self.token_dropout < 1:
            raise InputError(
                "expected sizes, layers, heads, positions and shows of at least 1 and a dropout in "
                f"[0, 1), but got {self}"
            )
        if self.size % self.heads:
            raise InputError(
                f"expected heads that divide the size {self.size}, but got {self.heads}: give "
                "--heads of its divisors"
            )
        choices = {"coding": CODINGS, "attention": ATTENTIONS, "norm": ("batch", "layer")}
        for name, words in choices.items():
            if getattr(self, name) not in words:
                raise InputError(
                    f"expected the {name} to be {' or '.join(words)}, but got "
                    f"{getattr(self, name)!r}"
                )
        self._check_read()

    def _check_read(self) -> None:
        other = CODINGS[1 - CODINGS.index(self.coding)]
        for name in OF_CODING[other]:
            if getattr(self, name) != getattr(SpikingBertSpec, name):
                raise InputError(
                    f"expected {name} only with the coding {other}, but got it with {self.coding}: "
                    "leave it out"
                )


def build_spiking_bert(spec: SpikingBertSpec, seed: int = 0) -> Network:
    """The network (B, D_e, L) -> (B, K).

        X0 = BN(W_e E + P + Y)
        S = N1(X),  Q, K, V = Nq(BN(W_qkv S)),  Z = Na(BN_a(A V / 8)),  A = Q K^T
        X = X + BN(W_o Z)
        X = X + BN(W_w Nu(BN(W_u N2(X))))
        logits = readout(mean of N3(X) over valid positions, and over T)

    The stream X stays analog and is only ever added to: every product has a spike as one factor
    (membrane shortcut, Hu et al. 2021). Only X0 is made of analog values. Y says of which text of
    a pair a token is, and is there with ``pairs`` alone.

    Raises:
        InputError: see `SpikingBertSpec.check`, or neurons that there are not.
    """
    spec.check()
    from ..network import Network
    from ..nodes.layers import Dropout, Linear
    from ..nodes.pooling import MeanOverTime
    from ..nodes.tokens.linear import TokenLinear
    from ..nodes.tokens.positions import MeanOverSteps, ShowAgain

    nodes: list[tuple[str, Node, tuple[str, ...]]] = [
        ("embed", TokenLinear(spec.dim, spec.size, clears=True), ("input",)),
        ("positions", *_places(spec)),
        ("embed_norm", _norm(spec, spec.size), ("positions",)),
        ("embed_dropout", Dropout(spec.token_dropout), ("embed_norm",)),
    ]
    if spec.coding == "repeat":
        nodes.append(("shows", ShowAgain(spec.shows), ("embed_dropout",)))
    for block in range(1, spec.layers + 1):
        nodes += _attention(spec, f"block{block}", nodes[-1][0])
        nodes += _inner(spec, f"block{block}", nodes[-1][0])
    nodes += [
        ("last_fire", _neurons(spec, spec.size), (nodes[-1][0],)),
        ("pool", MeanOverTime(), ("last_fire",)),
    ]
    if spec.coding == "repeat":
        nodes.append(("mean", MeanOverSteps(), ("pool",)))
    nodes.append(("readout", Linear(spec.size, spec.classes), (nodes[-1][0],)))
    return initialised(Network(nodes), seed)


def _places(spec: SpikingBertSpec) -> tuple[Node, tuple[str, ...]]:
    """What says where a token stands, and its inputs."""
    from ..nodes.tokens.positions import AddPlaces, AddPositions

    if spec.pairs:
        return AddPlaces(spec.size, spec.positions), ("embed", "input")
    return AddPositions(spec.size, spec.positions), ("embed",)


def _attention(
    spec: SpikingBertSpec, name: str, source: str
) -> list[tuple[str, Node, tuple[str, ...]]]:
    """The first half of a block; the last node is the stream."""
    from ..nodes.layers import Dropout
    from ..nodes.merge import Add
    from ..nodes.tokens.linear import TokenLinear

    size = spec.size
    nodes: list[tuple[str, Node, tuple[str, ...]]] = [
        (f"{name}_fire", _neurons(spec, size), (source,)),
        (f"{name}_qkv", TokenLinear(size, 3 * size), (f"{name}_fire",)),
        (f"{name}_qkv_norm", _norm(spec, 3 * size), (f"{name}_qkv",)),
        (f"{name}_qkv_fire", _neurons(spec, 3 * size), (f"{name}_qkv_norm",)),
        *_mixing(spec, name),
    ]
    nodes += [
        (f"{name}_out", TokenLinear(size, size), (nodes[-1][0],)),
        (f"{name}_out_norm", _norm(spec, size), (f"{name}_out",)),
        (f"{name}_out_dropout", Dropout(spec.token_dropout), (f"{name}_out_norm",)),
        (f"{name}_attended", Add(), (source, f"{name}_out_dropout")),
    ]
    return nodes


def _mixing(spec: SpikingBertSpec, name: str) -> list[tuple[str, Node, tuple[str, ...]]]:
    """Attention between spikes (..., 3 D, L); spikes (..., D, L) come out."""
    from ..nodes.tokens.attention import KeyValueSum, QueryGate, SpikeAttention

    spikes, size = f"{name}_qkv_fire", spec.size
    if spec.attention == "sdsa":
        return [
            (f"{name}_together", KeyValueSum(), (spikes,)),
            (f"{name}_gate", _neurons(spec, size), (f"{name}_together",)),
            (f"{name}_gated", QueryGate(), (spikes, f"{name}_gate")),
        ]
    attention = SpikeAttention(spec.heads, softmax=spec.attention == "softmax")
    return [
        (f"{name}_attention", attention, (spikes,)),
        (f"{name}_attention_norm", _norm(spec, size), (f"{name}_attention",)),
        (f"{name}_attention_fire", _neurons(spec, size), (f"{name}_attention_norm",)),
    ]


def _inner(
    spec: SpikingBertSpec, name: str, source: str
) -> list[tuple[str, Node, tuple[str, ...]]]:
    """The second half of a block; the last node is the stream."""
    from ..nodes.layers import Dropout
    from ..nodes.merge import Add
    from ..nodes.tokens.linear import TokenLinear

    size, wide = spec.size, spec.size * spec.expansion
    return [
        (f"{name}_inner_fire", _neurons(spec, size), (source,)),
        (f"{name}_up", TokenLinear(size, wide), (f"{name}_inner_fire",)),
        (f"{name}_up_norm", _norm(spec, wide), (f"{name}_up",)),
        (f"{name}_up_fire", _neurons(spec, wide), (f"{name}_up_norm",)),
        (f"{name}_down", TokenLinear(wide, size), (f"{name}_up_fire",)),
        (f"{name}_down_norm", _norm(spec, size), (f"{name}_down",)),
        (f"{name}_down_dropout", Dropout(spec.token_dropout), (f"{name}_down_norm",)),
        (f"{name}_stream", Add(), (source, f"{name}_down_dropout")),
    ]


def _neurons(spec: SpikingBertSpec, channels: int) -> Node:
    from ..neurons.direct.lif import TrainedLIF
    from ..neurons.direct.node import BPSN

    if spec.coding == "repeat":
        return TrainedLIF(channels)
    return BPSN(channels, spec.direction, spec.passes, shift_decays=spec.shift_decays)


def _norm(spec: SpikingBertSpec, channels: int) -> Node:
    from ..nodes.tokens.norm import TokenBatchNorm, TokenLayerNorm

    return TokenBatchNorm(channels) if spec.norm == "batch" else TokenLayerNorm(channels)


def initialised(network: Network, seed: int) -> Network:
    """Matrices normal with deviation 1 / sqrt(inputs), position vectors with 0.02.

    Each is drawn from a stream of its own name, so that networks of the same matrices begin with
    the same weights: both codings, and the ANN (`bert`).
    """
    import torch

    from ...seeds import generator
    from ..nodes.layers import Linear
    from ..nodes.tokens.linear import TokenLinear
    from ..nodes.tokens.positions import SPREAD, AddPlaces, AddPositions

    with torch.no_grad():
        for name in network.inputs:
            node = network.node(name)
            if isinstance(node, Linear | TokenLinear):
                deviation = node.inputs**-0.5
                node.weight.normal_(0, deviation, generator=generator(seed, "init", name))
            elif isinstance(node, AddPositions):
                node.table.normal_(0, SPREAD, generator=generator(seed, "init", name))
            if isinstance(node, AddPlaces):
                node.texts.normal_(0, SPREAD, generator=generator(seed, "init", name, "texts"))
    return network


FAMILY = Family(SpikingBertSpec, build_spiking_bert, spikes=True, lr=1e-3)
