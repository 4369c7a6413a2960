"""Networks that cannot be converted: the error names the node and what is wrong with it."""

from __future__ import annotations

import re

import pytest
import torch

from snnconvert.convert.build import build_snn
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.errors import InputError
from snnconvert.models.network import Network, Node
from snnconvert.models.nodes.activations import Activation, Relu
from snnconvert.models.nodes.layers import Conv1d, Linear
from snnconvert.models.nodes.merge import Add, Flatten
from snnconvert.models.nodes.norm import BatchNorm1d
from snnconvert.models.nodes.pooling import AvgPool1d
from snnconvert.tests.helpers.conversion import filled

DIM = 4
Nodes = list[tuple[str, Node, tuple[str, ...]]]


def small(*nodes: tuple[str, Node, tuple[str, ...]]) -> Network:
    return filled(Network(nodes))


REFUSED = [
    (
        [("conv", Conv1d(DIM, 5, 3), ("input",)), ("two", Conv1d(5, 3, 1), ("conv",))],
        "cannot convert conv: its output goes to two, but currents must reach",
    ),
    (
        [
            ("conv", Conv1d(DIM, 5, 3), ("input",)),
            ("act", Relu(), ("conv",)),
            ("norm", BatchNorm1d(5), ("act",)),
            ("last", Conv1d(5, 3, 1), ("norm",)),
        ],
        "cannot convert norm: batch normalisation folds .* but act has no weights",
    ),
    (
        [
            ("conv", Conv1d(DIM, 5, 3), ("input",)),
            ("norm", BatchNorm1d(5), ("conv",)),
            ("sum", Add(), ("conv", "norm")),
            ("act", Relu(), ("sum",)),
            ("last", Conv1d(5, 3, 1), ("act",)),
        ],
        "cannot convert norm: .*conv is also read by sum",
    ),
    (
        [
            ("conv", Conv1d(DIM, DIM, 3, "same"), ("input",)),
            ("sum", Add(), ("conv", "input")),
            ("act", Relu(), ("sum",)),
            ("last", Conv1d(DIM, 3, 1), ("act",)),
        ],
        "cannot convert sum: the word vectors must enter a Conv1d.* width 1",
    ),
    (
        [("avg", AvgPool1d(2), ("input",)), ("last", Conv1d(DIM, 3, 1), ("avg",))],
        "cannot convert avg: the word vectors must enter a Conv1d",
    ),
    (
        [
            ("conv", Conv1d(DIM, 5, 3, "same"), ("input",)),
            ("flat", Flatten(12), ("conv",)),
        ],
        "cannot convert conv: its output goes to flat",
    ),
]


@pytest.mark.parametrize(("nodes", "words"), REFUSED)
def test_what_cannot_be_converted_is_named(nodes: Nodes, words: str):
    ann = small(*nodes)
    thresholds = {n: torch.ones(1) for n in ann.inputs if isinstance(ann.node(n), Activation)}
    with pytest.raises(InputError, match=words):
        build_snn(ann, ConversionRecipe(), thresholds)


def test_thresholds_by_position_are_refused_before_a_flatten():
    ann = small(
        ("conv", Conv1d(DIM, 2, 1), ("input",)),
        ("flat", Flatten(3), ("conv",)),
        ("act", Relu(), ("flat",)),
        ("readout", Linear(6, 2), ("act",)),
    )
    by_channel = torch.tensor([1.0, 1, 1, 2, 2, 2])
    snn, _ = build_snn(ann, ConversionRecipe(), {"act": by_channel})
    torch.testing.assert_close(snn.node("conv").bias, ann.node("conv").bias / torch.tensor([1, 2]))
    with pytest.raises(InputError, match="cannot convert conv: after flat .* granularity layer"):
        build_snn(ann, ConversionRecipe(), {"act": torch.arange(1.0, 7)})


def test_errors_are_one_line():
    with pytest.raises(InputError) as caught:
        build_snn(small(*REFUSED[0][0]), ConversionRecipe(), {})
    assert not re.search(r"\n", str(caught.value))
