"""Torch modules that cannot be converted: one line that names the place and the remedy."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from snnconvert.convert.from_torch.module import from_torch
from snnconvert.errors import InputError
from snnconvert.models.network import Network, Signal

DIM, LENGTH, CLASSES = 6, 12, 3


def body() -> nn.Sequential:
    """A small network that can be converted."""
    return nn.Sequential(
        nn.Conv1d(DIM, 4, 3),
        nn.ReLU(),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(4, CLASSES),
    )


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
    def __init__(self, weight: float = 0.5, mask: bool = False) -> None:
        super().__init__()
        self.words = nn.Embedding(10, DIM)
        self.out = nn.Linear(DIM, CLASSES)
        self.mask = mask
        with torch.no_grad():
            self.words.weight[3, 2] = weight

    def forward(self, ids: Tensor) -> Tensor:
        vectors = self.words(ids)
        if self.mask:
            vectors = vectors * (ids != 0)[:, :, None]
        return self.out(vectors.mean(1))


class TwoReaders(nn.Module):
    """Two tables of word vectors, each under a convolution of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(10, DIM) for _ in range(2))
        self.convs = nn.ModuleList(nn.Conv1d(DIM, 4, 2) for _ in range(2))
        self.out = nn.Linear(8, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        both = zip(self.tables, self.convs, strict=True)
        maps = [F.relu(conv(table(ids).transpose(1, 2))).amax(2) for table, conv in both]
        return self.out(torch.cat(maps, 1))


class TwoInputs(nn.Module):
    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return x + mask


class TwoOutputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = body()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.body(x)
        return y, y


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(DIM, 8, 1)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.out = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x).transpose(1, 2)
        y, _ = self.attention(y, y, y)
        return self.out(y.mean(1))


class LastState(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(DIM, 5, batch_first=True, bidirectional=True)
        self.out = nn.Linear(10, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.lstm(x.transpose(1, 2))
        return self.out(y[:, -1])


class LookedUpInside(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.codes = nn.Conv1d(DIM, 4, 1), nn.Embedding(5, 4)
        self.out = nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.codes(self.conv(x).argmax(1)).mean(1))


class Forward(nn.Module):
    """``body`` behind a forward of the test's."""

    def __init__(self, forward) -> None:
        super().__init__()
        self.body, self.how = body(), forward
        self.flag = torch.ones(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.how(self, x)


class Named(Forward):
    def forward(self, *inputs: Tensor) -> Tensor:
        return self.body(inputs[0])


class Optional(Forward):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.body(x if mask is None else x * mask)


def counted(net: nn.Module, x: Tensor) -> Tensor:
    for _ in range(x.size(2)):
        x = F.relu(x)
    return net.body(x)


def asserted(net: nn.Module, x: Tensor) -> Tensor:
    assert x.size(1) == DIM
    return net.body(x)


def not_a_number() -> nn.Sequential:
    made = body()
    with torch.no_grad():
        made[0].weight.fill_(float("nan"))
    return made


CASES = [
    # what is used, the place that the error must name, the reason and the remedy
    (layer(nn.GELU()), "module layers.0: GELU", "nn.ReLU"),
    (layer(nn.LeakyReLU()), "module layers.0: LeakyReLU", "nn.ReLU"),
    (layer(nn.Sigmoid()), "module layers.0: Sigmoid", "nn.ReLU"),
    (layer(nn.Softmax(dim=1)), "module layers.0: Softmax", "leave it out"),
    (nn.Sequential(body(), nn.LogSoftmax(1), nn.Linear(3, 3)), "module 1: LogSoftmax", "leave it"),
    (nn.Sequential(body(), nn.Softmax(0)), "module 1: Softmax", "leave it out"),
    (nn.Sequential(body(), nn.Sigmoid()), "module 1: Sigmoid of each of 3 outputs", "one class"),
    (nn.Sequential(body(), nn.Linear(3, 1), nn.Softmax(1)), "module 2: Softmax of one", "Linear"),
    (layer(nn.LayerNorm(LENGTH)), "module layers.0: LayerNorm", "BatchNorm1d"),
    (layer(nn.GroupNorm(2, 4)), "module layers.0: GroupNorm", "BatchNorm1d"),
    (layer(nn.LSTM(LENGTH, 4)), "module layers.0: LSTM", "use Conv1d"),
    (layer(nn.GRU(LENGTH, 4)), "module layers.0: GRU", "use Conv1d"),
    (OfIds(torch.nan), "module words: its weight holds NaN", "train it again"),
    (OfIds(mask=True), "line .*operation ne", "use nn.ReLU"),
    (TwoReaders(), "module convs.1: it reads one of several look-ups", "join the look-ups"),
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
    (code(lambda net, y: y.reshape(y.size(0), -1, 4)), "line .*operation reshape", "nn.Flatten"),
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
    # whole networks as people write them
    (Attention(), "module attention: MultiheadAttention", "attention multiplies"),
    (LastState(), "module lstm: LSTM", "use Conv1d"),
    (LookedUpInside(), "module codes: Embedding", "looked up before the network"),
    (
        With(
            lambda net, y: net.layers[0](y.transpose(1, 2)).transpose(1, 2),
            nn.TransformerEncoderLayer(4, 2, batch_first=True),
        ),
        "module layers.0: TransformerEncoderLayer",
        "attention multiplies",
    ),
    (Forward(lambda net, x: {"logits": net.body(x)}), "the output: it is not one tensor", "end in"),
    (Forward(counted), "line .*range", "no if, loop"),
    (Forward(asserted), "line .*assert", "no if, loop"),
    (Forward(lambda net, x: net.body(x)[{}["k"]]), "line .*'k'", "run module(vectors)"),
    (Forward(lambda net, x: nn.Conv1d(4, 4, 1)(x)), "line .*not installed", "in __init__"),
    (Forward(lambda net, x: net.body(x * net.flag)), "line .*operation mul", "a product"),
    (Named(None), "the input: forward takes .inputs", "vectors"),
    (Optional(None), "the input: forward takes a second input, mask", "vectors"),
    (not_a_number(), "module 0: its weight holds NaN", "train it again"),
    (lambda x: x, "the module: it is function", "torch.nn.Module"),
    (torch.jit.script(body()), "the module: a TorchScript module", "compiled from"),
    # layers
    (layer(nn.BatchNorm2d(4)), "module layers.0: BatchNorm2d", "BatchNorm1d"),
    (layer(nn.LazyBatchNorm1d()), "layers.0: LazyBatchNorm1d has no weights yet", "run the module"),
    (layer(nn.InstanceNorm1d(4)), "module layers.0: InstanceNorm1d", "BatchNorm1d"),
    (layer(nn.ConvTranspose1d(4, 4, 3)), "module layers.0: ConvTranspose1d", "use Conv1d"),
    (layer(nn.Upsample(scale_factor=2)), "module layers.0: Upsample", "use Conv1d"),
    (layer(nn.Dropout1d(0.1)), "module layers.0: Dropout1d", "use nn.Dropout"),
    (layer(nn.ConstantPad1d(1, 0.0)), "module layers.0: ConstantPad1d", "padding of the Conv1d"),
    (layer(nn.PReLU()), "module layers.0: PReLU", "nn.ReLU"),
    (layer(nn.ReLU6()), "module layers.0: ReLU6", "nn.ReLU"),
    (layer(nn.LPPool1d(2, 2)), "module layers.0: LPPool1d", "AdaptiveMaxPool1d"),
    (layer(nn.Unflatten(1, (2, 2))), "module layers.0: Unflatten", "nn.Flatten"),
    # operations hidden in forward
    (code(lambda net, y: F.pad(y, (1, 1))), "line .*operation pad", "padding of the Conv1d"),
    (code(lambda net, y: y.clamp(min=0)), "line .*operation clamp", "use nn.ReLU"),
    (code(lambda net, y: y.abs()), "line .*operation abs", "use nn.ReLU"),
    (code(lambda net, y: torch.where(y > 0, y, 0.0)), "line .*operation gt", "use nn.ReLU"),
    (code(lambda net, y: y.sum(2, keepdim=True)), "line .*operation sum", "use the mean"),
    (code(lambda net, y: y.topk(2, -1)[0]), "line .*operation topk", "AdaptiveMaxPool1d"),
    (code(lambda net, y: y / 2), "line .*operation truediv", "a product"),
    (code(lambda net, y: y.double()), "line .*operation double", "leave it out"),
    (code(lambda net, y: y.detach()), "line .*operation detach", "leave it out"),
    (code(lambda net, y: F.relu(y) if y.size(2) > 3 else y), "line .*y.size", "no if, loop"),
    (code(lambda net, y: torch.einsum("bcl,cd->bdl", y, net.out.weight)), "einsum", "attention"),
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
    assert f"line {number} of test_refusals.py" in str(caught.value)


def trained(module: nn.Module) -> nn.Module:
    """Double precision and evaluation mode."""
    return module.double().eval()


@pytest.mark.parametrize(
    "inside",
    [
        lambda net, y: F.relu(y, inplace=True),
        lambda net, y: F.relu(y.clone(), inplace=True) + y,
    ],
)
def test_what_overwrites_a_tensor_that_nobody_reads_again_is_fine(inside):
    torch.manual_seed(0)
    module = trained(code(inside))
    network: Network = from_torch(module, DIM)
    x = torch.rand(4, DIM, LENGTH, dtype=torch.float64) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(network(Signal(x, torch.full((4,), LENGTH))), module(x))


def doubled(width: int, kind: torch.dtype) -> nn.Sequential:
    """A network with a hook that no layer shows, which doubles its outputs."""
    module = nn.Sequential(
        nn.Conv1d(DIM, 4, width),
        nn.ReLU(),
        nn.AdaptiveMaxPool1d(1),
        nn.Flatten(),
        nn.Linear(4, CLASSES),
    ).to(kind)
    module.register_forward_hook(lambda module, given, outputs: 2 * outputs)
    return module


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("width", [3, 64, 100])
def test_what_no_layer_shows_is_found_by_trying(width: int, kind: torch.dtype):
    with pytest.raises(InputError, match="its outputs and those of the converted network differ"):
        from_torch(doubled(width, kind), DIM)


def test_weights_without_numbers():
    with pytest.raises(InputError, match="device meta; load its weights"):
        from_torch(body().to("meta"), DIM)
