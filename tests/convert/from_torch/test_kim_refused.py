"""Images and lengths that are no convolution over words: one line that says what is wrong."""

from __future__ import annotations

import pytest
import torch.nn.functional as F
from torch import Tensor, nn

from snnconvert.convert.from_torch.module import from_torch
from snnconvert.errors import InputError
from snnconvert.tests.convert.from_torch.kim_modules import (
    CHANNELS,
    CLASSES,
    DIM,
    LENGTH,
    FixedLength,
    Images,
)


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
