"""The share of synapses that carry a spike, spike by spike."""

from __future__ import annotations

import pytest
import torch

from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Signal
from snnconvert.models.spike_share import spike_share


@pytest.mark.parametrize("choices", [{}, {"coding": "repeat", "shows": 3}, {"attention": "sdsa"}])
def test_it_is_counted_synapse_by_synapse(choices: dict[str, str]) -> None:
    spec = SpikingBertSpec(4, 2, size=6, layers=1, heads=2, expansion=2, positions=8, **choices)
    network = build_spiking_bert(spec, 1).train()
    values = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0)) * 2
    lengths, record = torch.tensor([5, 2, 3]), dict[str, Signal]()
    network(Signal(values, lengths), record)
    found = spike_share(network, record)
    carried, there = 0.0, 0.0
    mixing = "gated" if choices.get("attention") == "sdsa" else "attention_fire"
    reads = [("fire", 18), (mixing, 6), ("inner_fire", 12), ("up_fire", 6), ("qkv_fire", 0)]
    for source, outputs in reads:
        values = record[f"block1_{source}"].values.detach()
        for step in values.reshape(-1, 3, *values.shape[-2:]):
            for text, length in enumerate(lengths.tolist()):
                fan_out = outputs or length
                carried += fan_out * float(step[text].sum())
                there += fan_out * length * step.shape[1]
    assert found.item() == pytest.approx(carried / there, rel=1e-5) and 0 < found.item() < 1
    found.backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)
