"""A small deep pyramid CNN: a residual text network of several layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import InputError
from ...options import option
from .family import Family, same_option
from .textcnn import TextCNNSpec

if TYPE_CHECKING:
    from ..network import Network, Node
    from ..nodes.activations import Activation


@dataclass(frozen=True)
class DPCNNSpec:
    """What shapes a DPCNN.

    dim: word-vector components; classes: number of classes K; channels: of every layer; width: of
    every filter, in positions; blocks: residual blocks of two convolutions, with a pooling between
    one and the next; kernel, stride: of that pooling; activation: ``relu``, ``qcfs`` or ``tcl``;
    levels: QCFS steps L; bound: initial bound of QCFS or TCL; pooling: ``max`` or ``mean``, between
    the blocks and over all positions at the end; batch_norm: after every convolution; dropout:
    before the readout.
    """

    dim: int
    classes: int
    channels: int = same_option(TextCNNSpec, "channels")
    width: int = 3
    blocks: int = option(2, "residual blocks of a DPCNN", least=1)
    kernel: int = 3
    stride: int = 2
    activation: str = same_option(TextCNNSpec, "activation")
    levels: int = same_option(TextCNNSpec, "levels")
    bound: float = same_option(TextCNNSpec, "bound", 2.0)
    pooling: str = same_option(TextCNNSpec, "pooling")
    batch_norm: bool = True
    dropout: float = same_option(TextCNNSpec, "dropout")


def build_dpcnn(spec: DPCNNSpec, seed: int = 0) -> Network:
    """Region embedding, residual blocks with pooling between them, pooling over time, readout.

        x_0 = a(conv(input))
        x_b = a(p_b + conv(a(conv(p_b)))),   p_1 = x_0,   p_b = pool(x_{b-1})
        logits = readout(pool over time(x_B))

    Input (B, D, L), output logits (B, K). All convolutions keep the length, all layers have the
    same channels, and pooling with stride 2 halves the length from block to block, so the work
    over all blocks is below twice that of the first. Source: Johnson and Zhang, ACL 2017. Unlike
    there, the activation comes after the sum and not before each convolution (He et al. 2016,
    the original order): every shortcut then carries activations, which become spikes, and not
    sums that no neuron has read.

    Raises:
        InputError: a size below 1, or an unknown activation or pooling.
    """
    sizes = (spec.dim, spec.classes, spec.channels, spec.width, spec.blocks)
    if min(*sizes, spec.kernel, spec.stride) < 1 or not 0 <= spec.dropout < 1:
        raise InputError(
            "expected dimensions, classes, channels, width, blocks, kernel and stride of at least "
            f"1 and a dropout in [0, 1), but got {spec}"
        )
    if spec.pooling not in ("max", "mean"):
        raise InputError(f"expected the pooling to be max or mean, but got {spec.pooling!r}")
    from ..network import Network
    from ..nodes.layers import Dropout, Linear, initialised
    from ..nodes.pooling import MaxOverTime, MeanOverTime

    nodes = _blocks(spec)
    over_time = MaxOverTime() if spec.pooling == "max" else MeanOverTime()
    nodes += [
        ("pool", over_time, (nodes[-1][0],)),
        ("dropout", Dropout(spec.dropout), ("pool",)),
        ("readout", Linear(spec.channels, spec.classes), ("dropout",)),
    ]
    return initialised(Network(nodes), seed)


def _blocks(spec: DPCNNSpec) -> list[tuple[str, Node, tuple[str, ...]]]:
    """The region embedding and the residual blocks; the last node is the last activation."""
    from ..nodes.merge import Add
    from ..nodes.pooling import AvgPool1d, MaxPool1d

    nodes = _convolution("region", spec, spec.dim, "input")
    last = "region_act"
    nodes.append((last, _activation(spec), (nodes[-1][0],)))
    for block in range(1, spec.blocks + 1):
        if block > 1:
            between = MaxPool1d if spec.pooling == "max" else AvgPool1d
            nodes.append((f"pool{block}", between(spec.kernel, spec.stride), (last,)))
            last = f"pool{block}"
        nodes += _convolution(f"conv{block}a", spec, spec.channels, last)
        nodes.append((f"act{block}a", _activation(spec), (nodes[-1][0],)))
        nodes += _convolution(f"conv{block}b", spec, spec.channels, f"act{block}a")
        nodes.append((f"add{block}", Add(), (nodes[-1][0], last)))
        last = f"act{block}"
        nodes.append((last, _activation(spec), (f"add{block}",)))
    return nodes


def _activation(spec: DPCNNSpec) -> Activation:
    from ..nodes.activations import fitting_activation

    return fitting_activation(spec.activation, levels=spec.levels, bound=spec.bound)


def _convolution(
    name: str, spec: DPCNNSpec, inputs: int, source: str
) -> list[tuple[str, Node, tuple[str, ...]]]:
    """A convolution that keeps the length, and its batch normalisation."""
    from ..nodes.layers import Conv1d
    from ..nodes.norm import BatchNorm1d

    convolution = Conv1d(inputs, spec.channels, spec.width, "same")
    nodes: list[tuple[str, Node, tuple[str, ...]]] = [(name, convolution, (source,))]
    if spec.batch_norm:
        nodes.append((f"{name}_norm", BatchNorm1d(spec.channels), (name,)))
    return nodes


FAMILY = Family(DPCNNSpec, build_dpcnn, {"bound": 1.0})
