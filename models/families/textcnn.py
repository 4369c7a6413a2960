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
    that lie within it; convolutions: of each width one after the other, those after the first on as
    many positions as it gives.
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
    convolutions: int = option(1, "convolutions of each width, one after the other", least=1)


def build_textcnn(spec: TextCNNSpec, seed: int = 0) -> Network:
    """Convolutions of several widths side by side, activation, pooling, concat, linear readout.

    Input (B, D, L), output logits (B, K). Source: Kim 2014, whose network has one convolution of
    each width; further ones read what the neurons of the one before give.

    Raises:
        InputError: a size below 1, or an unknown activation, pooling or padding.
    """
    from ..network import Network
    from ..nodes.layers import Concat, Dropout, Linear, initialised
    from ..nodes.pooling import MaxOverTime, MeanOverTime

    sizes = (spec.dim, spec.classes, spec.channels, spec.convolutions, *spec.widths)
    if not spec.widths or min(sizes) < 1 or not 0 <= spec.dropout < 1:
        raise InputError(
            "expected dimensions, classes, channels, convolutions and filter widths of at least 1 "
            f"and a dropout in [0, 1), but got {spec}"
        )
    pools = {"max": MaxOverTime, "mean": MeanOverTime}
    if spec.pooling not in pools:
        raise InputError(f"expected the pooling to be max or mean, but got {spec.pooling!r}")
    if spec.padding not in ("same", "none"):
        raise InputError(f"expected the padding to be same or none, but got {spec.padding!r}")
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for width in spec.widths:
        nodes += _stacked(spec, width)
        nodes.append((f"pool{width}", pools[spec.pooling](), (nodes[-1][0],)))
    features = spec.channels * len(spec.widths)
    nodes += [
        ("concat", Concat(), tuple(f"pool{width}" for width in spec.widths)),
        ("dropout", Dropout(spec.dropout), ("concat",)),
        ("readout", Linear(features, spec.classes), ("dropout",)),
    ]
    return initialised(Network(nodes), seed)


def _stacked(spec: TextCNNSpec, width: int) -> list[tuple[str, Node, tuple[str, ...]]]:
    """The convolutions of a width, each with its activation: conv3, act3, conv3_2, act3_2, ..."""
    from ..nodes.activations import fitting_activation
    from ..nodes.layers import Conv1d

    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for number in range(1, spec.convolutions + 1):
        first = number == 1
        name = str(width) if first else f"{width}_{number}"
        inputs, source = (spec.dim, "input") if first else (spec.channels, nodes[-1][0])
        sides = "same" if spec.padding == "same" or not first else 0
        activation = fitting_activation(spec.activation, levels=spec.levels, bound=spec.bound)
        nodes += [
            (f"conv{name}", Conv1d(inputs, spec.channels, width, sides), (source,)),
            (f"act{name}", activation, (f"conv{name}",)),
        ]
    return nodes


FAMILY = Family(TextCNNSpec, build_textcnn, usual={"padding": "same"})
