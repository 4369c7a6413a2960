"""Of which text of a pair a token is: the marks, the node that reads them, and the families."""

from __future__ import annotations

import pytest
import torch

from snnconvert.engine.tokens.lean import LeanRun
from snnconvert.engine.tokens.words import Words
from snnconvert.models.families import FAMILIES
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Network, Signal
from snnconvert.models.nodes.tokens.positions import AddPlaces, AddPositions, second_text

D, L = 5, 9


def pairs() -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors (2, D, L) whose last component marks the ends of a pair of 3 + 4 and of 1 + 5."""
    values = torch.randn(2, D, L, generator=torch.Generator().manual_seed(0)).double()
    values[:, -1] = 0
    for text, end in ((0, 3), (0, 8), (1, 1), (1, 7)):
        values[text, -1, end] = 1
    return values, torch.tensor([9, 8])


def encoder(**choices: str) -> Network:
    sizes = {"size": 8, "heads": 2, "layers": 1, "token_dropout": 0.0}
    return build_spiking_bert(SpikingBertSpec(D, 2, **sizes, pairs=True, **choices)).double()


def test_the_end_of_a_text_belongs_to_it() -> None:
    marks = torch.tensor([0, 0, 1, 0, 0, 1, 0])
    assert second_text(marks).tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert second_text(torch.zeros(4)).tolist() == [0, 0, 0, 0]


def test_vectors_of_positions_and_of_texts_are_added() -> None:
    values, lengths = pairs()
    node = AddPlaces(3, 4).double()
    torch.nn.init.normal_(node.table)
    torch.nn.init.normal_(node.texts)
    x = torch.randn(2, 3, L).double()
    found = node(Signal(x, lengths), Signal(values, lengths)).values
    for text, end in ((0, 3), (1, 1)):
        for at in range(L):
            row = node.table[min(at, 3)] + node.texts[int(at > end)]
            torch.testing.assert_close(found[text, :, at], x[text, :, at] + row)


@pytest.mark.parametrize("coding", ["individual", "repeat"])
def test_the_network_and_the_lean_engine_know_the_second_text(coding: str) -> None:
    values, lengths = pairs()
    network = encoder(coding=coding)
    assert isinstance(network.node("positions"), AddPlaces)
    logits = network(Signal(values, lengths))
    logits.sum().backward()
    own = network.get_parameter("nodes.positions.texts").grad.clone()
    assert own[1].abs().sum() > 0
    network.zero_grad()
    lean = LeanRun(network, lengths)(Words.of_vectors(values))
    torch.testing.assert_close(lean, logits, rtol=0, atol=1e-12)
    lean.sum().backward()
    torch.testing.assert_close(network.get_parameter("nodes.positions.texts").grad, own)


def test_what_stands_at_padding_is_not_read() -> None:
    values, lengths = pairs()
    network = encoder().eval()
    spoiled = values.clone()
    spoiled[1, :, 8:] = float("inf")
    assert torch.equal(network(Signal(spoiled, lengths)), network(Signal(values, lengths)))


def test_a_family_that_tells_no_pairs_reads_the_mark_as_any_other() -> None:
    assert FAMILIES["spiking-bert"].tells_pairs and not FAMILIES["textcnn"].tells_pairs
    options = FAMILIES["textcnn"].defaults()
    assert FAMILIES["textcnn"].network(D, 2, options, 0, pairs=True).inputs
    own = FAMILIES["spiking-bert"]
    alone = own.network(D, 2, own.defaults(), 0)
    assert type(alone.node("positions")) is AddPositions
    both = own.network(D, 2, own.defaults(), 0, pairs=True)
    # the same weights from the same seed, and those of the two texts beside them
    new = dict(both.state_dict())
    assert new.pop("nodes.positions.texts").shape == (2, 128)
    assert all(torch.equal(value, new[name]) for name, value in alone.state_dict().items())
