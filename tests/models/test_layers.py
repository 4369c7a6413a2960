"""Layers of deeper networks against torch on texts that stand alone, and by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from snnconvert.errors import InputError
from snnconvert.models.families.dpcnn import DPCNNSpec, build_dpcnn
from snnconvert.models.network import Network, Signal
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear, initialise, same_padding
from snnconvert.models.nodes.merge import Add, Flatten, Scale
from snnconvert.models.nodes.norm import BatchNorm1d
from snnconvert.models.nodes.pooling import AvgPool1d, MaxPool1d
from snnconvert.models.saving import build_network


def batch(lengths: list[int], channels: int = 3, extra: int = 0, seed: int = 0) -> Signal:
    """Random sequences, with random values on the padding too: nothing may read them."""
    random = torch.Generator().manual_seed(seed)
    width = max([*lengths, 1]) + extra
    values = torch.randn(len(lengths), channels, width, generator=random, dtype=torch.float64)
    return Signal(values, torch.tensor(lengths))


def alone(signal: Signal, i: int) -> Tensor:
    """Text ``i`` without padding (1, C, L)."""
    return signal.values[i : i + 1, :, : int(signal.lengths[i])]


def filled(module: nn.Module, seed: int = 1) -> nn.Module:
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.double().parameters():
            parameter.normal_(generator=random)
    return module


@settings(max_examples=40)
@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    extra=st.integers(0, 4),
    width=st.integers(1, 5),
    data=st.data(),
)
def test_padded_convolution_is_torchs_on_every_text_alone(lengths, extra, width, data):
    kinds = ["same", *range(width)]
    padding = data.draw(st.sampled_from(kinds))
    ours = filled(Conv1d(3, 2, width, padding))
    theirs = nn.Conv1d(3, 2, width, padding=padding).double()
    with torch.no_grad():
        theirs.weight.copy_(ours.weight)
        theirs.bias.copy_(ours.bias)
        signal = batch(lengths, extra=extra)
        out = ours(signal)
        for i, length in enumerate(lengths):
            sides = sum(ours.padding)
            if length + sides < width:
                continue  # torch has no window there; ours has one, filled with zeros
            expected = theirs(alone(signal, i))[0]
            assert out.lengths[i] == expected.shape[-1]
            got = out.values[i, :, : expected.shape[-1]]
            torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)


def test_same_padding_by_hand():
    assert [same_padding(width) for width in (1, 2, 3, 4)] == [(0, 0), (0, 1), (1, 1), (1, 2)]
    conv = Conv1d(1, 1, 3, "same")
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([[[1.0, 10.0, 100.0]]]))
        out = conv(Signal(torch.tensor([[[1.0, 2.0, 3.0, 9.0]]]), torch.tensor([3])))
    # 0 1 2 -> 210, 1 2 3 -> 321, 2 3 0 -> 32; the 9 is padding
    assert out.values[0, 0, :3].tolist() == [210, 321, 32] and out.lengths.tolist() == [3]


def test_a_text_without_words_has_one_window():
    conv, empty = filled(Conv1d(3, 2, 3, "same")), batch([0], extra=2)
    with torch.no_grad():
        out = conv(empty)
        assert out.lengths.tolist() == [1]
        torch.testing.assert_close(out.values[0, :, 0], conv.bias)


@settings(max_examples=30)
@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    extra=st.integers(0, 4),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 4),
)
def test_windowed_pooling_is_torchs_on_every_text_alone(lengths, extra, kernel, stride):
    signal = batch(lengths, extra=extra)
    for ours, theirs in (
        (MaxPool1d(kernel, stride), nn.MaxPool1d(kernel, stride)),
        (AvgPool1d(kernel, stride), nn.AvgPool1d(kernel, stride)),
    ):
        out = ours(signal)
        for i, length in enumerate(lengths):
            if length >= kernel:
                expected = theirs(alone(signal, i))[0]
            else:  # torch has no window there; ours pools the words there are
                reduce = torch.amax if isinstance(ours, MaxPool1d) else torch.mean
                expected = reduce(alone(signal, i)[0], dim=-1, keepdim=True)
            count = int(out.lengths[i])
            assert count == expected.shape[-1]
            torch.testing.assert_close(out.values[i, :, :count], expected)
            assert (out.values[i, :, count:] == 0).all()


def random_norms(channels: int) -> tuple[BatchNorm1d, nn.BatchNorm1d]:
    """The same batch normalisation, ours and torch's."""
    theirs = nn.BatchNorm1d(channels, eps=1e-3).double()
    random = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for tensor in (theirs.weight, theirs.bias, theirs.running_mean):
            tensor.normal_(generator=random)
        theirs.running_var.uniform_(0.1, 3, generator=random)
    ours = BatchNorm1d(channels, eps=1e-3).double()
    state = theirs.state_dict()
    state.pop("num_batches_tracked")
    ours.load_state_dict(state)
    return ours, theirs


@pytest.mark.parametrize("shape", [(5, 3, 7), (5, 3)])
def test_batch_norm_is_torchs(shape: tuple[int, ...]):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    lengths = torch.full((5,), 7) if len(shape) == 3 else None
    ours, theirs = random_norms(3)
    exact = {"rtol": 1e-13, "atol": 1e-13}
    with torch.no_grad():
        evaluated = ours.eval()(Signal(x, lengths)).values
        torch.testing.assert_close(evaluated, theirs.eval()(x), **exact)
        trained = ours.train()(Signal(x, lengths)).values
        torch.testing.assert_close(trained, theirs.train()(x), **exact)
    torch.testing.assert_close(ours.running_mean, theirs.running_mean, **exact)
    torch.testing.assert_close(ours.running_var, theirs.running_var, **exact)


def test_padding_has_no_part_in_batch_statistics():
    signal = batch([2, 4, 1])
    ours, theirs = random_norms(3)
    rows = torch.cat([alone(signal, i)[0].T for i in range(3)])  # (7, C)
    with torch.no_grad():
        out = ours.train()(signal).values
        expected = theirs.train()(rows)
    torch.testing.assert_close(out[1, :, :4].T, expected[2:6])
    torch.testing.assert_close(ours.running_var, theirs.running_var)


@pytest.mark.parametrize("layer", [Conv1d(4, 3, 2), Linear(4, 3)])
def test_folded_batch_norm_gives_the_same(layer):
    layer = filled(layer)
    norm, _ = random_norms(3)
    norm.eval()
    x = torch.randn(6, 4, *([5] if isinstance(layer, Conv1d) else []), dtype=torch.float64)
    lengths = torch.full((6,), 5) if isinstance(layer, Conv1d) else None
    with torch.no_grad():
        expected = norm(layer(Signal(x, lengths))).values
        weight, bias = norm.fold(layer.weight, layer.bias)
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
        torch.testing.assert_close(layer(Signal(x, lengths)).values, expected)


def test_flatten_fills_up_and_cuts_padding_off():
    signal = Signal(torch.arange(1.0, 9).reshape(1, 2, 4), torch.tensor([3]))
    # channels 1 2 3 (4) and 5 6 7 (8), the fourth position is padding
    assert Flatten(4)(signal).values.tolist() == [[1, 2, 3, 0, 5, 6, 7, 0]]
    assert Flatten(3)(signal).values.tolist() == [[1, 2, 3, 5, 6, 7]]
    with pytest.raises(InputError, match="at most 2 positions at a Flatten, but a text has 3"):
        Flatten(2)(signal)


def test_sums_and_identity_synapses_by_hand():
    x = Signal(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), torch.tensor([2]))
    scale = Scale(2)
    with torch.no_grad():
        scale.weight.copy_(torch.tensor([0.5, 2.0]))
    assert Add()(x, scale(x)).values.tolist() == [[[1.5, 3.0], [9.0, 12.0]]]
    assert Concat()(x, scale(x)).values.tolist() == [[[1, 2], [3, 4], [0.5, 1], [6, 8]]]
    flat = Signal(torch.tensor([[1.0, 3.0]]))
    assert scale(flat).values.tolist() == [[0.5, 6.0]]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Conv1d(1, 1, 3, 3), "0 to 2 zeros on each side"),
        (lambda: Conv1d(1, 1, 3, -1), "0 to 2 zeros"),
        (lambda: Conv1d(1, 1, 3, "full"), "but got 'full'"),
        (lambda: Conv1d(1, 1, 3, (1, 2, 3)), "0 to 2 zeros"),
        (lambda: MaxPool1d(0), "kernel and a stride of at least 1"),
        (lambda: AvgPool1d(2, 0), "kernel and a stride of at least 1"),
        (lambda: Add()(batch([3]), batch([4])), "branches of a sum to have the same positions"),
        (lambda: Add()(batch([3]), batch([3], channels=4)), "Conv1d of width 1 on the shortcut"),
        (lambda: Concat()(batch([3]), batch([2], extra=1)), "branches of a concatenation"),
        (lambda: Concat()(batch([3]), Signal(torch.ones(1, 3))), "pool every branch first"),
    ],
)
def test_what_does_not_fit_is_refused(make, words: str):
    with pytest.raises(InputError, match=words):
        make()


SPEC = DPCNNSpec(dim=4, classes=3, channels=5, blocks=3)


@settings(max_examples=20)
@given(
    lengths=st.lists(st.integers(0, 12), min_size=1, max_size=4),
    extra=st.integers(0, 5),
    pooling=st.sampled_from(["max", "mean"]),
    activation=st.sampled_from(["relu", "qcfs", "tcl"]),
)
def test_dpcnn_does_not_depend_on_padding_or_batch(lengths, extra, pooling, activation):
    spec = DPCNNSpec(4, 3, 5, blocks=3, activation=activation, pooling=pooling)
    network = build_dpcnn(spec, seed=3).double().eval()
    filled_norms(network)
    signal = batch(lengths, channels=4, extra=extra)
    signal = Signal(signal.masked(), signal.lengths)
    with torch.no_grad():
        together = network(signal)
        for i, length in enumerate(lengths):
            text = signal.values[i : i + 1, :, : max(length, 1)]
            single = network(Signal(text, torch.tensor([length])))
            torch.testing.assert_close(single[0], together[i], rtol=1e-9, atol=1e-9)


def filled_norms(network: Network) -> None:
    """Biases and statistics that are not the initial ones."""
    random = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for node in network.nodes.values():
            if isinstance(node, BatchNorm1d):
                node.running_mean.normal_(generator=random)
                node.running_var.uniform_(0.5, 2, generator=random)
                node.bias.normal_(generator=random)
            elif isinstance(node, Conv1d | Linear):
                node.bias.normal_(generator=random)


def test_dpcnn_has_its_blocks_and_round_trips():
    network = build_dpcnn(SPEC).eval()
    assert [n for n in network.inputs if n.startswith("add")] == ["add1", "add2", "add3"]
    assert network.inputs["add2"] == ("conv2b_norm", "pool2")
    again = build_network(network.describe()).eval()
    again.load_state_dict(network.state_dict())
    x = Signal(torch.rand(2, 4, 6), torch.tensor([6, 4]))
    assert torch.equal(again(x), network(x))


@pytest.mark.parametrize(
    "change", [{"blocks": 0}, {"stride": 0}, {"dropout": 1.0}, {"pooling": "min"}, {"dim": 0}]
)
def test_bad_dpcnn_specs_are_refused(change: dict):
    with pytest.raises(InputError):
        build_dpcnn(DPCNNSpec(**{"dim": 5, "classes": 2, **change}))


@pytest.mark.parametrize("padding", [0, "same"])
def test_a_frame_seen_at_every_step_is_convolved_once_with_the_same_result(
    padding: int | str,
) -> None:
    layer = Conv1d(6, 5, 3, padding)
    initialise(layer.weight, torch.Generator().manual_seed(0))
    frame = torch.rand(4, 6, 7, generator=torch.Generator().manual_seed(1))
    lengths = torch.tensor([1, 2, 5, 7])
    seen = layer(Signal(frame.expand(9, *frame.shape), lengths))
    copied = layer(Signal(frame.expand(9, *frame.shape).clone(), lengths))
    assert torch.equal(seen.values, copied.values)
    assert torch.equal(seen.lengths, copied.lengths)
    assert seen.values.stride(0) == 0  # nothing was computed or stored twice
    assert copied.values.stride(0) > 0
