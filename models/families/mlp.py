"""A multilayer perceptron on one vector a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import InputError
from ...options import option
from .family import Family, same_option
from .textcnn import TextCNNSpec

if TYPE_CHECKING:
    from ..network import Network, Node


@dataclass(frozen=True)
class MLPSpec:
    """What shapes a multilayer perceptron.

    dim: components D of a text's vector; classes: number of classes K; hidden: neurons of every
    hidden layer; activation: ``relu``, ``qcfs`` or ``tcl``; levels: QCFS steps L; bound: initial
    bound of QCFS or TCL; dropout: behind every hidden layer.
    """

    dim: int
    classes: int
    hidden: tuple[int, ...] = option((256, 128), "neurons of each hidden layer of an MLP", least=1)
    activation: str = same_option(TextCNNSpec, "activation")
    levels: int = same_option(TextCNNSpec, "levels")
    bound: float = same_option(TextCNNSpec, "bound")
    dropout: float = same_option(TextCNNSpec, "dropout")


def build_mlp(spec: MLPSpec, seed: int = 0) -> Network:
    """Fully connected layers D - hidden - K, each but the last with an activation and dropout.

    Input (B, D, 1), one vector a text; output logits (B, K).

    Raises:
        InputError: a size below 1, no hidden layer, or an unknown activation.
    """
    from ..network import Network
    from ..nodes.activations import fitting_activation
    from ..nodes.layers import Dropout, Linear, initialised

    sizes = (spec.dim, spec.classes, *spec.hidden)
    if not spec.hidden or min(sizes) < 1 or not 0 <= spec.dropout < 1:
        raise InputError(
            "expected one hidden layer or more, dimensions, classes and neurons of at least 1 and "
            f"a dropout in [0, 1), but got {spec}"
        )
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    last, inputs = "input", spec.dim
    for number, neurons in enumerate(spec.hidden, 1):
        activation = fitting_activation(spec.activation, levels=spec.levels, bound=spec.bound)
        # fine-tuning finds the one before the readout by its name
        dropout = "dropout" if number == len(spec.hidden) else f"dropout{number}"
        nodes += [
            (f"dense{number}", Linear(inputs, neurons), (last,)),
            (f"act{number}", activation, (f"dense{number}",)),
            (dropout, Dropout(spec.dropout), (f"act{number}",)),
        ]
        last, inputs = dropout, neurons
    nodes.append(("readout", Linear(inputs, spec.classes), (last,)))
    return initialised(Network(nodes), seed)


FAMILY = Family(MLPSpec, build_mlp, reads="vectors")
