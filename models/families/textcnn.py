"""The TextCNN of Kim 2014."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import InputError
from ...options import option
from .family import Family

if TYPE_CHECKING:
    from ..network import Network, Node


@dataclass(frozen=True)
class TextCNNSpec:
    """What shapes a TextCNN.

    dim: word-vector components; classes: number of classes K; widths: filter widths in tokens;
    channels: filters per width; activation: ``relu``, ``qcfs`` or ``tcl``; levels: QCFS steps L;
    bound: initial bound of QCFS or TCL; pooling: ``max`` or ``mean``; dropout: before the readout;
    padding: ``same`` gives every width as many windows as the text has words, ``none`` those alone
    that lie within it.
    """

    dim: int
    classes: int
    widths: tuple[int, ...] = option((3, 4, 5), "filter widths in words", least=1)
    channels: int = option(100, "filters per width", least=1)
    activation: str = option("qcfs", "activation", ("qcfs", "relu", "tcl"))
    levels: int = option(4, "QCFS levels L; best equal to the time steps", least=1)
    bound: float = option(1.0, "initial bound of QCFS or TCL", above=0)
    pooling: str = option("max", "pooling over positions", ("max", "mean"))
    dropout: float = option(0.5, "dropout before the readout", least=0, below=1)
    padding: str = option(
        "none",
        "zeros beside a text: as many windows as words, or only windows of words",
        ("same", "none"),
    )


def build_textcnn(spec: TextCNNSpec, seed: int = 0) -> Network:
    """Convolutions of several widths side by side, activation, pooling, concat, linear readout.

    Input (B, D, L), output logits (B, K). Source: Kim 2014.

    Raises:
        InputError: a size below 1, or an unknown activation, pooling or padding.
    """
    from ..network import Network
    from ..nodes.activations import fitting_activation
    from ..nodes.layers import Concat, Conv1d, Dropout, Linear, initialised
    from ..nodes.pooling import MaxOverTime, MeanOverTime

    sizes = (spec.dim, spec.classes, spec.channels, *spec.widths)
    if not spec.widths or min(sizes) < 1 or not 0 <= spec.dropout < 1:
        raise InputError(
            "expected dimensions, classes, channels and filter widths of at least 1 and a "
            f"dropout in [0, 1), but got {spec}"
        )
    pools = {"max": MaxOverTime, "mean": MeanOverTime}
    if spec.pooling not in pools:
        raise InputError(f"expected the pooling to be max or mean, but got {spec.pooling!r}")
    if spec.padding not in ("same", "none"):
        raise InputError(f"expected the padding to be same or none, but got {spec.padding!r}")
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for width in spec.widths:
        activation = fitting_activation(spec.activation, levels=spec.levels, bound=spec.bound)
        sides = "same" if spec.padding == "same" else 0
        nodes += [
            (f"conv{width}", Conv1d(spec.dim, spec.channels, width, sides), ("input",)),
            (f"act{width}", activation, (f"conv{width}",)),
            (f"pool{width}", pools[spec.pooling](), (f"act{width}",)),
        ]
    features = spec.channels * len(spec.widths)
    nodes += [
        ("concat", Concat(), tuple(f"pool{width}" for width in spec.widths)),
        ("dropout", Dropout(spec.dropout), ("concat",)),
        ("readout", Linear(features, spec.classes), ("dropout",)),
    ]
    return initialised(Network(nodes), seed)


FAMILY = Family(TextCNNSpec, build_textcnn, usual={"padding": "same"})
