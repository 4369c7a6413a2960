"""Kim's network of 2014 in the forms in which it is written: images of one channel, and others.

Each module reads word ids; its own outputs are the reference, in double precision.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.from_torch.module import from_torch, translate
from snnconvert.convert.from_torch.text_model import text_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.reference import ann_logits, snn_logits
from snnconvert.models.network import Network, Signal
from snnconvert.tests.convert.from_torch.kim_modules import (
    CHANNELS,
    CLASSES,
    DIM,
    FIXED,
    LENGTH,
    MODULES,
    WORDS,
    Images,
)


def trained(module: nn.Module) -> nn.Module:
    """The module in double precision with random weights, padding's vector zero where it is."""
    random = torch.Generator().manual_seed(0)
    module = module.double()
    with torch.no_grad():
        for tensor in [*module.parameters(), *module.buffers()]:
            if tensor.is_floating_point():
                tensor.uniform_(0.1, 0.9, generator=random) if tensor.dim() == 1 else (
                    tensor.uniform_(-0.9, 0.9, generator=random)
                )
        for layer in module.modules():
            if isinstance(layer, nn.Embedding) and layer.padding_idx is not None:
                layer.weight[layer.padding_idx] = 0
    return module


def both(name: str, length: int) -> tuple[Tensor, Tensor, Network]:
    """The network's and the module's outputs on four random texts."""
    module = trained(MODULES[name]())
    found = translate(module)
    ids = torch.randint(1, WORDS, (4, length), generator=torch.Generator().manual_seed(1))
    vectors = torch.cat([table[ids] for table in found.tables], 2).transpose(1, 2)
    ours = found.network(Signal(vectors, torch.full((4,), length)))
    module.eval()
    given = ids.t() if name == "positions first" else ids
    rest = [None] if name == "lengths" else []
    theirs = module((given, None) if name == "in a tuple" else given, *rest)
    return ours, theirs, found.network


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("length", [5, LENGTH])
@torch.no_grad()
def test_every_form_gives_the_modules_outputs(name: str, length: int):
    if name in FIXED:
        length = LENGTH
    ours, theirs, _ = both(name, length)
    if name == "positions first":
        assert torch.equal(ours[:, 0], torch.zeros(4)) and theirs.shape == (4, 1)
        ours = ours[:, 1:]
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", ["images", "two tables stacked", "fixed length", "sideways"])
def test_the_spiking_network_decides_as_the_module(name: str):
    model = text_model(trained(MODULES[name]()).float())
    random = np.random.default_rng(0)
    sequences = [random.integers(1, WORDS, LENGTH) for _ in range(40)]
    snn = convert_model(model, ConversionRecipe(steps=64), sequences).snn
    ours, theirs = snn_logits(snn, sequences)[-1], ann_logits(model, sequences)
    assert float((ours - theirs).abs().mean() / theirs.abs().mean()) < 0.05
    assert float((ours.argmax(1) == theirs.argmax(1)).float().mean()) >= 0.9


def test_the_length_that_a_module_is_made_for_is_found():
    assert {name for name in MODULES if translate(MODULES[name]()).length == LENGTH} == FIXED


@torch.no_grad()
def test_padding_is_not_read_where_the_module_reads_it_as_words():
    module = trained(Images())
    found = translate(module)
    ids = torch.randint(1, WORDS, (4, 9), generator=torch.Generator().manual_seed(1))
    padded = F.pad(ids, (0, 3))
    vectors = found.tables[0][padded].transpose(1, 2)
    ours = found.network(Signal(vectors, torch.full((4,), 9)))
    module.eval()
    torch.testing.assert_close(ours, module(ids), rtol=1e-10, atol=1e-10)
    assert not torch.allclose(module(padded), module(ids))  # its biases speak on padding


@torch.no_grad()
def test_vectors_with_the_components_last_are_taken_too():
    class Vectors(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, CHANNELS, (2, DIM)), nn.Linear(CHANNELS, CLASSES)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(F.relu(self.conv(x.unsqueeze(1))).squeeze(3).amax(2))

    module = trained(Vectors()).eval()
    x = torch.rand(4, LENGTH, DIM, dtype=torch.float64) - 0.5
    ours = from_torch(module, DIM)(Signal(x.transpose(1, 2), torch.full((4,), LENGTH)))
    torch.testing.assert_close(ours, module(x), rtol=1e-10, atol=1e-10)
