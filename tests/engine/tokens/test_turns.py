"""Training steps in turn: every way meets every batch, and what is kept is exact."""

from __future__ import annotations

import torch

from snnconvert.engine.tokens.turns import Batch, by_nodes, lean, step_bytes, step_seconds
from snnconvert.engine.tokens.words import Words
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Network


def network(coding: str) -> Network:
    spec = SpikingBertSpec(6, 2, size=8, layers=1, heads=2, coding=coding, token_dropout=0.0)
    return build_spiking_bert(spec, 0).train()


def batch(seed: int) -> Batch:
    random = torch.Generator().manual_seed(seed)
    vectors = torch.randn(3, 6, 5, generator=random)
    return Batch(Words.of_vectors(vectors), torch.tensor([5, 4, 5]), torch.tensor([0, 1, 1]))


def test_every_way_is_trained_on_every_batch() -> None:
    ways = {"lean": (network("individual"), lean), "nodes": (network("individual"), by_nodes)}
    before = [p.clone() for p in ways["lean"][0].parameters()]
    seconds = step_seconds(ways, [batch(seed) for seed in range(5)], first=2)
    assert {name: len(found) for name, found in seconds.items()} == {"lean": 3, "nodes": 3}
    assert all(second > 0 for found in seconds.values() for second in found)
    trained = [list(net.parameters()) for net, _ in ways.values()]
    for one, other in zip(*trained, strict=True):  # both ways took the same steps
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
    assert any(not torch.equal(a, b) for a, b in zip(before, trained[0], strict=True))


def test_what_is_kept_is_the_same_every_time() -> None:
    ways = {"individual": (network("individual"), lean), "repeat": (network("repeat"), lean)}
    found = [step_bytes(ways, batch(0)) for _ in range(2)]
    assert found[0] == found[1] and 2 < found[0]["repeat"] / found[0]["individual"] < 4
