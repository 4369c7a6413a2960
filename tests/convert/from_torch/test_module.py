"""Torch modules as networks: the same outputs, for every text, under the same names."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from snnconvert.convert.from_torch.module import from_torch
from snnconvert.errors import InputError
from snnconvert.models.network import Signal
from snnconvert.models.nodes.layers import Conv1d

DIM, LENGTH, CLASSES = 6, 12, 3


def trained(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module in double precision with random weights and statistics, in evaluation mode."""
    random = torch.Generator().manual_seed(seed)
    module = module.double().eval()
    with torch.no_grad():
        for tensor in [*module.parameters(), *module.buffers()]:
            if tensor.is_floating_point():
                tensor.uniform_(-0.6, 0.6, generator=random)
        for layer in module.modules():
            if isinstance(layer, nn.BatchNorm1d):
                layer.running_var.uniform_(0.3, 2.0, generator=random)
    return module


def vectors(length: int = LENGTH, seed: int = 0) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.rand(4, DIM, length, generator=random, dtype=torch.float64) * 2 - 1


class TextCnn(nn.Module):
    """The usual way to write Kim's network in torch."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv1d(DIM, 5, width) for width in (2, 3, 4))
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(15, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        maps = [F.relu(conv(x)) for conv in self.convs]
        pooled = [F.max_pool1d(m, m.size(2)).squeeze(2) for m in maps]
        return self.out(self.drop(torch.cat(pooled, 1)))


class Reductions(nn.Module):
    """Other ways to write pooling over positions, and shapes by attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(DIM, 4, 3, bias=False)
        self.out = nn.Linear(20, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x).relu()
        parts = [y.amax(-1), torch.max(y, dim=2)[0], y.max(2).values, torch.mean(y, dim=2)]
        whole = F.avg_pool1d(y, y.shape[-1]).flatten(1)
        return self.out(torch.cat([*parts, whole], dim=-1))


class Block(nn.Module):
    """A residual block of the user's own."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(channels, channels, 3, padding="same"),
            nn.BatchNorm1d(channels),
            nn.ReLU(),
            nn.Sequential(nn.Conv1d(channels, channels, 3, padding=1), nn.BatchNorm1d(channels)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.act = nn.ReLU()  # used twice: it has no state
        self.stem = nn.Conv1d(DIM, 5, 4, padding="same")
        self.blocks = nn.Sequential(Block(5), nn.MaxPool1d(3, 2), Block(5))
        self.hidden = nn.Linear(5, 7)
        self.pool = nn.AdaptiveMaxPool1d(1)
        self.out = nn.Linear(7, CLASSES)
        self.unused = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        self.unused(x)
        y = self.blocks(self.act(self.stem(x)))
        y += y  # in place, and nobody reads what was there
        y = torch.flatten(self.pool(y), 1)
        return self.out(self.act(self.hidden(y)))


class Branches(nn.Module):
    """Sequences joined by channel before one activation."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = (nn.Conv1d(DIM, 3, k, padding="same") for k in (1, 3))
        self.norm = nn.BatchNorm1d(3)
        self.last = nn.Conv1d(6, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(torch.cat((self.a(x), self.norm(self.b(x))), dim=1))
        return F.adaptive_avg_pool1d(self.last(y), 1).squeeze(-1)


def fixed_length() -> nn.Module:
    """Twelve words, 12 - 1 = 11 windows, pooled by 3 with stride 2 to 5 positions."""
    return nn.Sequential(
        nn.Conv1d(DIM, 4, 2),
        nn.MaxPool1d(3, stride=2),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.Linear(20, 8),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Identity(),
        nn.Linear(8, CLASSES),
    )


def averages() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(DIM, 4, 3, padding=(2,)),
        nn.ReLU(),
        nn.AvgPool1d(2),
        nn.Conv1d(4, 4, 2, padding="valid"),
        nn.ReLU(),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(4, CLASSES, bias=False),
    )


MODULES = {
    "textcnn": TextCnn,
    "reductions": Reductions,
    "residual": Residual,
    "branches": Branches,
    "fixed length": fixed_length,
    "averages": averages,
}


@pytest.mark.parametrize("name", MODULES)
def test_the_network_gives_the_modules_outputs(name: str):
    module = trained(MODULES[name]())
    before = copy.deepcopy(module.state_dict())
    network, x = from_torch(module, DIM), vectors()
    with torch.no_grad():
        ours = network(Signal(x, torch.full((4,), LENGTH)))
        torch.testing.assert_close(ours, module(x), rtol=1e-12, atol=1e-12)
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())


@pytest.mark.parametrize("name", ["textcnn", "residual", "branches", "averages"])
@pytest.mark.parametrize("length", [7, 9])
def test_a_text_in_a_longer_batch_is_as_if_alone(name: str, length: int):
    module = trained(MODULES[name]())
    network, x = from_torch(module, DIM), vectors(length)
    padded = F.pad(x, (0, 5))
    with torch.no_grad():
        ours = network(Signal(padded, torch.full((4,), length)))
        torch.testing.assert_close(ours, module(x), rtol=1e-12, atol=1e-12)


def test_names_are_the_modules_names():
    network = from_torch(trained(Residual()), DIM)
    assert {"stem", "blocks_0_body_0", "blocks_2_body_3_1", "hidden", "out"} <= set(network.inputs)
    assert {"act", "act_2"} <= set(network.inputs)  # one ReLU in two places: two layers
    plain = nn.Sequential(nn.Conv1d(DIM, 2, 1), nn.AdaptiveMaxPool1d(1), nn.Flatten())
    assert list(from_torch(plain, DIM).inputs) == ["layer0", "layer1"]


def test_weights_are_copies_in_evaluation_mode():
    module = trained(TextCnn())
    network = from_torch(module, DIM)
    with torch.no_grad():
        module.out.weight.zero_()
    assert network.node("out").weight.abs().sum() > 0
    assert not network.training and network.node("out").weight.dtype == torch.float64


def test_dim_must_be_the_first_layers():
    with pytest.raises(InputError, match=r"module convs.0: Conv1d reads 7 channels.*check dim"):
        from_torch(TextCnn(), 7)


def test_what_the_module_does_in_evaluation_is_converted_and_its_mode_is_kept():
    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = averages()

        def forward(self, x: Tensor) -> Tensor:
            if self.training:
                x = F.dropout(x * 2)
            return self.body(x)

    module = Noisy().train()
    module.body[1].eval()
    network = from_torch(module, DIM)
    assert isinstance(network.node(next(iter(network.inputs))), Conv1d)
    assert module.training and module.body[0].training and not module.body[1].training


def test_half_precision_becomes_single():
    network = from_torch(averages().half(), DIM)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
