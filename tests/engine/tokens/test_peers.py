"""Networks run as others run them give our spikes and our gradients, at thresholds of 1."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from snnconvert.engine.tokens.peers import in_a_loop, in_spikingjelly
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Network, Signal


@pytest.mark.parametrize(
    ("coding", "peer"), [("repeat", in_spikingjelly), ("individual", in_a_loop)]
)
def test_logits_and_gradients_are_the_same(coding: str, peer: Callable[[Network], Network]) -> None:
    spec = SpikingBertSpec(6, 2, size=8, layers=1, heads=2, coding=coding, token_dropout=0.0)
    values = torch.rand(3, 6, 5, generator=torch.Generator().manual_seed(1)).double() * 4 - 2
    texts = Signal(values, torch.tensor([5, 3, 4]))
    found = []
    for change in (lambda network: network, peer):
        network = change(build_spiking_bert(spec, 0).double().train())
        logits = network(texts)
        logits.square().sum().backward()
        own = {name.replace(".node.", "."): p.grad for name, p in network.named_parameters()}
        found.append((logits, own))
    (ours, expected), (theirs, got) = found
    torch.testing.assert_close(theirs, ours)
    assert got.keys() == expected.keys()
    for name, gradient in expected.items():
        if coding == "repeat" and name.endswith("threshold"):
            continue  # whose gradient is through the scale of the currents
        torch.testing.assert_close(got[name], gradient, msg=name)
    assert sum(bool(gradient.any()) for gradient in expected.values()) > len(expected) / 2
