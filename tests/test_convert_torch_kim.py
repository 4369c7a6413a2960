"""Kim's network of 2014 in the forms in which it is written: images of one channel, and others.

Each module reads word ids; its own outputs are the reference, in double precision.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from snnconvert.convert.from_torch import from_torch, translate
from snnconvert.convert.recipe import ConversionRecipe
from snnconvert.convert.torch_model import text_model
from snnconvert.engine.evaluate import ann_logits, snn_logits
from snnconvert.errors import InputError
from snnconvert.models.network import Network, Signal
from snnconvert.pipelines.convert import convert_model

WORDS, DIM, LENGTH, CLASSES, CHANNELS = 30, 6, 12, 3, 5


class Images(nn.Module):
    """Filters (k, D) on (B, 1, L, D); ``pool`` and ``sides`` are what differs."""

    def __init__(self, outputs: int = CLASSES, widths=(2, 3, 4), sides: bool = False) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, DIM, padding_idx=0)
        self.convs = nn.ModuleList(
            nn.Conv2d(1, CHANNELS, (k, DIM), padding=(k - 1 if sides else 0, 0)) for k in widths
        )
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(CHANNELS * len(widths), outputs)

    def maps(self, ids: Tensor) -> list[Tensor]:
        """(B, C, L') of every width."""
        x = self.embedding(ids).unsqueeze(1)
        return [F.relu(conv(x)).squeeze(3) for conv in self.convs]

    def end(self, pooled: list[Tensor]) -> Tensor:
        return self.fc(self.dropout(torch.cat(pooled, 1)))

    def forward(self, ids: Tensor) -> Tensor:
        return self.end([F.max_pool1d(x, x.size(2)).squeeze(2) for x in self.maps(ids)])


class InTuple(Images):
    """Ids and lengths in one argument, pooling in a method of its own."""

    def pooled(self, x: Tensor, conv: nn.Module) -> Tensor:
        x = F.relu(conv(x)).squeeze(3)
        return F.max_pool1d(x, x.size(2)).squeeze(2)

    def forward(self, both: tuple[Tensor, Tensor]) -> Tensor:
        x = self.embedding(both[0]).unsqueeze(1)
        return self.fc(torch.cat([self.pooled(x, conv) for conv in self.convs], 1))


class PositionsFirst(Images):
    """Ids (L, B), and one logit."""

    def __init__(self) -> None:
        super().__init__(outputs=1)

    def forward(self, text: Tensor) -> Tensor:
        x = self.embedding(text.permute(1, 0)).unsqueeze(1)
        maps = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        return self.end([F.max_pool1d(m, m.shape[2]).squeeze(2) for m in maps])


class Reduced(Images):
    """Other ways to the maximum over positions."""

    def forward(self, ids: Tensor) -> Tensor:
        a, b, c = self.maps(ids)
        values, _ = torch.max(b, 2)
        return self.end([a.max(2).values, values, F.adaptive_max_pool1d(c, 1).view(c.size(0), -1)])


class Pooled2d(Images):
    """Pooling of images, and shapes by view."""

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids)[:, None]
        a, b, c = (torch.relu(conv(x)) for conv in self.convs)
        parts = [
            F.max_pool2d(a, (a.size(2), 1)).flatten(1),
            F.adaptive_max_pool2d(b, (1, 1)).reshape(b.shape[0], CHANNELS),
            F.max_pool2d(c, kernel_size=(c.shape[2], c.shape[3])).squeeze(3).squeeze(-1),
        ]
        return self.end(parts)


class Called(Images):
    """The convolution is called again for the size of its output."""

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids).unsqueeze(1)
        parts = [
            F.max_pool1d(F.relu(conv(x)).squeeze(3), conv(x).size(2)).squeeze(2)
            for conv in self.convs
        ]
        return self.end(parts)


class Lengths(Images):
    """A second argument that is not read, ids that are cast, and an axis taken by its index."""

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        x = torch.unsqueeze(self.embedding(ids.to(torch.int64)), 1)
        maps = [torch.relu(conv(x))[..., 0] for conv in self.convs]
        pooled = [nn.MaxPool1d(m.size(2))(m)[:, :, 0] for m in maps]
        return self.end(pooled)


class FixedLength(nn.Module):
    """Pooling by a layer whose window is made for texts of one length."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, DIM)
        self.convs = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(1, CHANNELS, (k, DIM)), nn.ReLU(), nn.MaxPool2d((LENGTH - k + 1, 1))
            )
            for k in (2, 3, 4)
        )
        self.fc = nn.Linear(3 * CHANNELS, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids).unsqueeze(1)
        joined = torch.cat([conv(x) for conv in self.convs], dim=1)
        return self.fc(joined.view(-1, joined.size(1)))


class MadeInForward(nn.Module):
    """Pooling layers made in forward, joined along the last axis, and a bias beside the Linear."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, DIM)
        self.convs = nn.ModuleList(nn.Conv2d(1, CHANNELS, (2, DIM)) for _ in range(2))
        self.weight = nn.Linear(2 * CHANNELS, CLASSES, bias=False)
        self.bias = nn.Parameter(torch.zeros(CLASSES))

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids).unsqueeze(1)
        pool = nn.MaxPool2d((LENGTH - 1, 1))
        parts = [pool(F.relu(conv(x))).permute(0, 3, 2, 1) for conv in self.convs]
        return self.weight(torch.reshape(torch.cat(parts, 3), [-1, 2 * CHANNELS])) + self.bias


class TwoTables(nn.Module):
    """A static and a trained table of vectors, as an image of two channels."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.a, self.b = nn.Embedding(WORDS, DIM), nn.Embedding(WORDS, DIM, max_norm=1.0)
        self.convs = nn.ModuleList(
            nn.Conv2d(2, CHANNELS, (k, DIM), padding=(k - 1, 0)) for k in (2, 3)
        )
        self.fc, self.how = nn.Linear(2 * CHANNELS, CLASSES), how

    def forward(self, ids: Tensor) -> Tensor:
        a, b = self.b(ids), self.a(ids)
        if self.how == "stack":
            x = torch.stack([a, b], dim=1)
        else:
            x = torch.cat((a.unsqueeze(1), b.unsqueeze(1)), 1)
        maps = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        return self.fc(torch.cat([m.amax(2) for m in maps], 1))


class OneDimension(nn.Module):
    """Conv1d on permuted vectors, a projection before it, and batch normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.project = nn.Embedding(WORDS, 4), nn.Linear(4, DIM)
        self.conv, self.norm = nn.Conv1d(DIM, CHANNELS, 3, padding=1), nn.BatchNorm1d(CHANNELS)
        self.pool, self.fc = nn.AdaptiveMaxPool1d(1), nn.Linear(CHANNELS, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        x = torch.relu(self.project(self.embedding(ids.long()))).permute(0, 2, 1).contiguous()
        return self.fc(self.pool(self.norm(self.conv(x)).relu()).squeeze())


class Sideways(nn.Module):
    """Images (B, 1, D, L), a second convolution on (B, C, 1, L), and BatchNorm2d."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, DIM)
        self.conv = nn.Conv2d(1, CHANNELS, (DIM, 3), padding=(0, 1), stride=(2, 1))
        self.norm, self.second = nn.BatchNorm2d(CHANNELS), nn.Conv2d(CHANNELS, 4, (1, 2))
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(4, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids)
        x = x.view(x.size(0), 1, x.size(1), x.size(2)).transpose(2, 3)
        x = F.relu(self.second(F.relu(self.norm(self.conv(x)))))
        return self.fc(torch.flatten(self.pool(x), 1))


class OfPositions(nn.Module):
    """Every position of a text of fixed length is a feature."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.conv = nn.Embedding(WORDS, DIM), nn.Conv1d(DIM, 2, 3)
        self.fc = nn.Linear(2 * (LENGTH - 2), CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        x = F.relu(self.conv(self.embedding(ids).transpose(1, 2)))
        return self.fc(x.reshape(x.size(0), -1))


MODULES = {
    "images": Images,
    "padded images": lambda: Images(sides=True),
    "in a tuple": InTuple,
    "positions first": PositionsFirst,
    "reduced": Reduced,
    "pooled in two dimensions": Pooled2d,
    "called again": Called,
    "lengths": Lengths,
    "wrapped": lambda: nn.DataParallel(Images()),
    "fixed length": FixedLength,
    "made in forward": MadeInForward,
    "two tables stacked": lambda: TwoTables("stack"),
    "two tables joined": lambda: TwoTables("cat"),
    "one dimension": OneDimension,
    "sideways": Sideways,
    "of positions": OfPositions,
}
FIXED = {"fixed length", "made in forward", "of positions"}


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


class Wrong(Images):
    """Images whose convolution, pooling or join is not what it should be."""

    def __init__(self, conv: nn.Module, how) -> None:
        super().__init__()
        self.convs, self.how = nn.ModuleList([conv]), how
        self.fc = nn.Linear(CHANNELS, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        return self.how(self, self.embedding(ids).unsqueeze(1))


def pooled(net: Wrong, x: Tensor) -> Tensor:
    return net.fc(F.relu(net.convs[0](x)).squeeze(3).amax(2))


CASES = [
    (nn.Conv2d(1, CHANNELS, (2, DIM - 1)), pooled, "covers 5 of 6 components", "a filter (k, D)"),
    (nn.Conv2d(1, CHANNELS, (2, DIM), stride=(2, 1)), pooled, "stride=.2, 1. of", "stride to 1"),
    (nn.Conv2d(1, CHANNELS, (3, DIM), dilation=(2, 1)), pooled, "dilation=.2, 1.", "to 1"),
    (nn.Conv2d(1, CHANNELS, (2, DIM), padding=1), pooled, "also pads the components", "0"),
    (nn.Conv2d(1, CHANNELS, (2, DIM), padding=(2, 0)), pooled, "padding=2 of a Conv2d", "most 1"),
    (nn.Conv2d(2, CHANNELS, (2, DIM)), pooled, "Conv2d of 2 channels reads", "a filter"),
    (
        nn.Conv2d(1, CHANNELS, (2, DIM)),
        lambda net, x: net.fc(net.convs[0](x).squeeze(2).amax(2)),
        "line .*squeeze of",
        "nn.Flatten",
    ),
    (
        nn.Conv2d(1, CHANNELS, (2, DIM)),
        lambda net, x: net.fc(F.max_pool2d(net.convs[0](x), (3, 2)).flatten(1)),
        "line .*a window of 2",
        "(words, 1)",
    ),
    (
        nn.Conv2d(1, CHANNELS, (2, DIM)),
        lambda net, x: net.fc(net.convs[0](x).squeeze(3).permute(2, 0, 1).amax(0)[0:1]),
        "line .*picking parts",
        "nn.Flatten",
    ),
    (
        nn.Conv1d(DIM, CHANNELS, 2),
        lambda net, x: net.fc(net.convs[0](x.squeeze(1)).amax(2)),
        "line .*the operation squeeze gives .B, L, C., but Conv1d needs .B, C, L.",
        "nn.Flatten",
    ),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_what_is_no_convolution_over_words_is_refused(case: int):
    conv, how, reason, remedy = CASES[case]
    with pytest.raises(InputError, match=reason) as caught:
        from_torch(Wrong(conv, how))
    message = str(caught.value)
    assert message.startswith("cannot convert ") and "\n" not in message and remedy in message


def test_lengths_that_differ_are_refused():
    module = FixedLength()
    module.convs[1][2] = nn.MaxPool2d((LENGTH - 3, 1))
    with pytest.raises(InputError, match="texts of different lengths, 12 at .* and 11 at "):
        from_torch(module)


def test_what_tracing_cannot_see_is_found_by_trying():
    module = Images()
    module.register_forward_hook(lambda net, given, output: output * 2)
    with pytest.raises(InputError, match=r"differ by .* on random texts of 4 words") as caught:
        from_torch(module)
    assert "\n" not in str(caught.value)


def test_vectors_need_their_dim():
    with pytest.raises(InputError, match="module embedding: its vectors have 6 .* but dim is 7"):
        from_torch(Images(), 7)
    with pytest.raises(InputError, match="it takes vectors; give dim"):
        from_torch(nn.Sequential(nn.Conv1d(DIM, 2, 1), nn.AdaptiveMaxPool1d(1), nn.Flatten()))
