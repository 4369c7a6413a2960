"""The TextCNN of Kim 2014 as a network, and the text model that carries its word vectors."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError
from ..network import Network, Node
from ..nodes.activations import make_activation
from ..nodes.layers import Concat, Conv1d, Dropout, Linear, initialised
from ..nodes.pooling import MaxOverTime, MeanOverTime


@dataclass(frozen=True)
class TextCNNSpec:
    """What shapes a TextCNN.

    dim: word-vector components; classes: number of classes K; widths: filter widths in tokens;
    channels: filters per width; activation: ``relu``, ``qcfs`` or ``tcl``; levels: QCFS steps L;
    bound: initial bound of QCFS or TCL; pooling: ``max`` or ``mean``; dropout: before the readout.
    """

    dim: int
    classes: int
    widths: tuple[int, ...] = (3, 4, 5)
    channels: int = 100
    activation: str = "qcfs"
    levels: int = 4
    bound: float = 1.0
    pooling: str = "max"
    dropout: float = 0.5


def build_textcnn(spec: TextCNNSpec, seed: int = 0) -> Network:
    """Convolutions of several widths side by side, activation, pooling, concat, linear readout.

    Input (B, D, L), output logits (B, K). Source: Kim 2014.

    Raises:
        InputError: a size below 1, or an unknown activation or pooling.
    """
    sizes = (spec.dim, spec.classes, spec.channels, *spec.widths)
    if not spec.widths or min(sizes) < 1 or not 0 <= spec.dropout < 1:
        raise InputError(
            "expected dimensions, classes, channels and filter widths of at least 1 and a "
            f"dropout in [0, 1), but got {spec}"
        )
    pools = {"max": MaxOverTime, "mean": MeanOverTime}
    if spec.pooling not in pools:
        raise InputError(f"expected the pooling to be max or mean, but got {spec.pooling!r}")
    bounded = {"qcfs": {"levels": spec.levels, "bound": spec.bound}, "tcl": {"bound": spec.bound}}
    settings = bounded.get(spec.activation, {})
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for width in spec.widths:
        nodes += [
            (f"conv{width}", Conv1d(spec.dim, spec.channels, width), ("input",)),
            (f"act{width}", make_activation(spec.activation, **settings), (f"conv{width}",)),
            (f"pool{width}", pools[spec.pooling](), (f"act{width}",)),
        ]
    features = spec.channels * len(spec.widths)
    nodes += [
        ("concat", Concat(), tuple(f"pool{width}" for width in spec.widths)),
        ("dropout", Dropout(spec.dropout), ("concat",)),
        ("readout", Linear(features, spec.classes), ("dropout",)),
    ]
    return initialised(Network(nodes), seed)
