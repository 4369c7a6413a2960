"""The work of the encoder's ANN: its MACs are the synapses of the spiking one, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from snnconvert.energy.ann import ann_layers, count_ann
from snnconvert.energy.direct import direct_layers, twin_layers
from snnconvert.energy.layers import Layer, total
from snnconvert.models.families.bert import BertSpec, build_bert
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.text_model import TextModel

TEXTS = [np.array([1, 4, 2, 6, 3]), np.array([5, 1]), np.array([7, 7, 2])]
SIZES = {"size": 8, "layers": 1, "heads": 2, "expansion": 2, "positions": 8}
VECTORS = torch.rand(9, 6, generator=torch.Generator().manual_seed(0)) * 2 - 1


def layers(skips: str = "padding") -> dict[str, Layer]:
    model = TextModel(VECTORS, build_bert(BertSpec(6, 3, **SIZES))).eval()
    counts = count_ann(model, TEXTS, [[0, 2], [1]])
    return {layer.name: layer for layer in ann_layers(model, counts, skips)}


@pytest.mark.parametrize(("skips", "dense"), [("padding", False), ("nothing", True)])
def test_its_macs_are_the_synapses_of_the_spiking_encoder(skips: str, dense: bool) -> None:
    spiking = TextModel(VECTORS, build_spiking_bert(SpikingBertSpec(6, 3, **SIZES))).eval()
    twin = {layer.name: layer for layer in twin_layers(direct_layers(spiking, TEXTS), dense)}
    own = {name: layer for name, layer in layers(skips).items() if np.any(layer.get("macs") > 0)}
    assert own.keys() == twin.keys()
    for name, layer in own.items():
        assert list(layer.get("macs")) == list(twin[name].get("macs")), name


def test_a_text_by_hand() -> None:
    """Five words, D = 8, two heads, M = 16, three classes."""
    found = {
        (name, field): float(np.atleast_1d(layer.get(field))[0])
        for name, layer in layers().items()
        for field in ("macs", "scales", "bias_adds", "updates", "components")
    }
    assert found["encoder", "components"] == 5 * 8  # the first matrix is part of the word vectors
    assert "embed" not in {name for name, _ in found}
    assert found["block1_qkv", "macs"] == 5 * 8 * 24
    assert found["block1_attention", "macs"] == 2 * 5 * 5 * 8  # scores and values
    assert found["block1_attention", "scales"] == 2 * 2 * 5 * 5  # two heads
    assert found["block1_attention", "bias_adds"] == 2 * 5 * 5
    assert found["block1_up", "macs"] == found["block1_down", "macs"] == 5 * 8 * 16
    assert found["block1_gelu", "updates"] == 5 * 16
    norms = ("embed_norm", "block1_norm", "block1_inner_norm", "last_norm")
    assert [found[name, "scales"] for name in norms] == [2 * 5 * 8] * 4
    assert found["readout", "macs"] == 8 * 3
    assert float(total(list(layers().values()), "spikes_out").sum()) == 0
