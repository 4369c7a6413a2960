"""Torch modules as networks: the same outputs, or one error that names the place and the remedy."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from snnconvert.convert.from_torch import from_torch
from snnconvert.errors import InputError
from snnconvert.models.network import Network, Signal

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


class With(nn.Module):
    """A small network whose forward goes through ``inside`` on (B, 4, L)."""

    def __init__(self, inside, *layers: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv1d(DIM, 4, 3, padding=1)
        self.layers = nn.ModuleList(layers)
        self.scale = nn.Parameter(torch.ones(1))
        self.inside = inside
        self.pool = nn.AdaptiveMaxPool1d(1)
        self.flat = nn.Flatten()
        self.out = nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.flat(self.pool(self.inside(self, self.conv(x)))))


def layer(module: nn.Module) -> With:
    return With(lambda net, y: net.layers[0](y), module)


def code(inside) -> With:
    return With(inside)


def tied() -> With:
    a, b = nn.Conv1d(4, 4, 1), nn.Conv1d(4, 4, 1)
    b.weight = a.weight
    return With(lambda net, y: net.layers[1](net.layers[0](y).relu()).relu(), a, b)


def hooked() -> With:
    net = layer(nn.ReLU())
    net.layers[0].register_forward_hook(lambda module, given, output: output * 2)
    return net


def data_dependent(net: With, y: Tensor) -> Tensor:
    if y.sum() > 0:
        return y
    return -y


class OfIds(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(10, DIM)
        self.out = nn.Linear(DIM, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        return self.out(self.words(ids).mean(1))


class TwoInputs(nn.Module):
    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return x + mask


class TwoOutputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = averages()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.body(x)
        return y, y


CASES = [
    # what is used, the place that the error must name, the reason and the remedy
    (layer(nn.GELU()), "module layers.0: GELU", "nn.ReLU"),
    (layer(nn.LeakyReLU()), "module layers.0: LeakyReLU", "nn.ReLU"),
    (layer(nn.Sigmoid()), "module layers.0: Sigmoid", "nn.ReLU"),
    (layer(nn.Softmax(dim=1)), "module layers.0: Softmax", "leave it out"),
    (nn.Sequential(averages(), nn.LogSoftmax(1)), "module 1: LogSoftmax", "leave it out"),
    (layer(nn.LayerNorm(LENGTH)), "module layers.0: LayerNorm", "BatchNorm1d"),
    (layer(nn.GroupNorm(2, 4)), "module layers.0: GroupNorm", "BatchNorm1d"),
    (layer(nn.LSTM(LENGTH, 4)), "module layers.0: LSTM", "use Conv1d"),
    (layer(nn.GRU(LENGTH, 4)), "module layers.0: GRU", "use Conv1d"),
    (OfIds(), "module words: Embedding", "looked up before the network"),
    (
        layer(nn.Conv1d(4, 4, 3, stride=2)),
        "module layers.0: stride=.2,. of Conv1d",
        "set stride to 1",
    ),
    (
        layer(nn.Conv1d(4, 4, 3, dilation=2)),
        "layers.0: dilation=.2,. of Conv1d",
        "set dilation to 1",
    ),
    (layer(nn.Conv1d(4, 4, 3, groups=2)), "layers.0: groups=2 of Conv1d", "set groups to 1"),
    (
        layer(nn.Conv1d(4, 4, 3, padding=1, padding_mode="circular")),
        "layers.0: padding_mode=circular",
        "set padding_mode to zeros",
    ),
    (layer(nn.Conv1d(4, 4, 2, padding=2)), "layers.0: padding=2", "at most 1"),
    (layer(nn.Conv1d(5, 4, 2)), "layers.0: Conv1d reads 4 channels", "made for 5"),
    (layer(nn.MaxPool1d(3, padding=1)), "layers.0: padding=1 of MaxPool1d", "set padding to 0"),
    (layer(nn.MaxPool1d(3, dilation=2)), "layers.0: dilation=2 of MaxPool1d", "set dilation to 1"),
    (layer(nn.AvgPool1d(3, ceil_mode=True)), "layers.0: ceil_mode=True", "set ceil_mode to False"),
    (layer(nn.AdaptiveMaxPool1d(2)), "layers.0: output_size=2", "set output_size to 1"),
    (layer(nn.BatchNorm1d(4, track_running_stats=False)), "layers.0: BatchNorm1d without", "True"),
    (layer(nn.Linear(LENGTH, 4)), "layers.0: Linear reads .B, C, L.", "pool over positions"),
    (layer(nn.Flatten()), "layers.0: flatten must know|reads", "pool"),
    (
        layer(nn.utils.parametrizations.weight_norm(nn.Conv1d(4, 4, 1))),
        "Parametrized",
        "remove the",
    ),
    (hooked(), "module layers.0: ReLU has forward hooks", "remove them"),
    (
        With(lambda net, y: net.layers[0](net.layers[0](y).relu()), nn.Conv1d(4, 4, 1)),
        "module layers.0: this Conv1d is used 2 times",
        "copy.deepcopy",
    ),
    (
        With(lambda net, y: net.layers[0](net.layers[0](y).relu()), nn.BatchNorm1d(4)),
        "module layers.0: this BatchNorm1d is used 2 times",
        "copy.deepcopy",
    ),
    (tied(), "module layers.1: it shares its weights with layers.0", "copy.deepcopy"),
    (code(lambda net, y: F.gelu(y)), "line .*F.gelu.*the operation gelu", "nn.ReLU"),
    (code(lambda net, y: torch.tanh(y)), "line .*torch.tanh.*the operation tanh", "nn.ReLU"),
    (code(lambda net, y: F.softmax(y, 1)), "line .*F.softmax.*operation softmax", "leave it out"),
    (code(lambda net, y: F.layer_norm(y, y.shape[2:])), "operation layer_norm", "BatchNorm1d"),
    (code(lambda net, y: y.view(-1, 4, 1)), "line .*y.view.*operation view", "nn.Flatten"),
    (code(lambda net, y: y.reshape(y.size(0), 4, -1)), "line .*operation reshape", "nn.Flatten"),
    (code(lambda net, y: y.permute(0, 2, 1)), "line .*operation permute", "nn.Flatten"),
    (code(lambda net, y: y[:, :, 1:]), "line .*picking parts of a tensor", "nn.Flatten"),
    (code(lambda net, y: y * y), "line .*y . y.*operation mul", "a product of activations"),
    (code(lambda net, y: y * net.scale), "line .*net.scale.*operation mul", "a product"),
    (code(lambda net, y: y + net.scale), "line .*it takes the module.s tensor scale", "bias"),
    (code(lambda net, y: y + 1), "line .*y . 1.*the constant 1", "bias"),
    (code(lambda net, y: y - y.amax(2, keepdim=True)), "line .*operation sub", "product"),
    (code(lambda net, y: y + y.amax(2, keepdim=True)), "line .*a sum of", "Conv1d of width 1"),
    (code(lambda net, y: torch.cat([y, y], 2)), "line .*cat of", "join channels"),
    (code(lambda net, y: y.amax(1, keepdim=True)), "line .*over axis 1", "nn.Flatten"),
    (code(lambda net, y: torch.matmul(y, y)), "line .*operation matmul", "attention multiplies"),
    (code(lambda net, y: F.conv1d(y, net.conv.weight)), "operation conv1d", "as a submodule"),
    (code(lambda net, y: y + F.relu(y, inplace=True)), "line .*overwrites in place", "inplace"),
    (code(lambda net, y: (y.relu_(), y)[1]), "line .*overwrites in place", "inplace"),
    (code(data_dependent), "line .*if y.sum.*control flow", "no if, loop"),
    (code(lambda net, y: y if len(y) else -y), "line .*len", "no if, loop"),
    (code(lambda net, y: torch.stack(list(y))), "line .*", "no if, loop"),
    (TwoInputs(), "the input: forward takes a second input, mask", "vectors"),
    (TwoOutputs(), "the output: it is not one tensor", "end in a Linear"),
    (nn.Conv1d(DIM, 4, 1), "the output: it is .B, C, L., not logits", "end in a Linear"),
    (nn.Identity(), "the output: it is .B, C, L.", "end in a Linear"),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_what_cannot_be_converted_names_the_place_and_the_remedy(case: int):
    module, place, remedy = CASES[case]
    with pytest.raises(InputError, match=place) as caught:
        from_torch(module, DIM)
    message = str(caught.value)
    assert "\n" not in message and message.startswith("cannot ")
    assert remedy in message


def test_the_line_of_a_hidden_operation_is_the_users():
    with pytest.raises(InputError) as caught:
        from_torch(code(lambda net, y: F.silu(y)), DIM)
    number = test_the_line_of_a_hidden_operation_is_the_users.__code__.co_firstlineno + 2
    assert f"line {number} of test_convert_from_torch.py" in str(caught.value)


def test_dim_must_be_the_first_layers():
    with pytest.raises(InputError, match=r"module convs.0: Conv1d reads 7 channels.*check dim"):
        from_torch(TextCnn(), 7)


def test_what_overwrites_a_tensor_that_nobody_reads_again_is_fine():
    module = trained(code(lambda net, y: F.relu(y, inplace=True)))
    network: Network = from_torch(module, DIM)
    x = vectors()
    with torch.no_grad():
        torch.testing.assert_close(network(Signal(x, torch.full((4,), LENGTH))), module(x))
