"""Spike and operation counts of a network small enough to count by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.fan_out import window_fan_out
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear
from snnconvert.models.nodes.merge import Add, Flatten, Scale
from snnconvert.models.nodes.pooling import AvgPool1d, MeanOverTime
from snnconvert.models.operations import SpikeCounter, layer_sops, step_sops
from snnconvert.models.spikes.pooling import MaxOfSpikes


@given(st.integers(0, 12), st.integers(1, 5), st.integers(0, 4))
def test_fan_out_counts_the_windows_that_hold_a_position(length: int, width: int, extra: int):
    positions = max(length, 1) + extra
    windows = max(length, width) - width + 1
    expected = [
        float(sum(start <= i < start + width for start in range(windows))) for i in range(positions)
    ]
    assert window_fan_out(torch.tensor([length]), positions, width)[0].tolist() == expected


def whole(node: Node) -> Node:
    """The layer with all of its synapses."""
    assert isinstance(node, Conv1d | Linear)
    torch.nn.init.ones_(node.weight)
    return node


def test_a_weight_of_zero_is_no_synapse():
    """Words 0, 1, 2 of a text of 3, two channels; width 2, zeros (0, 1): windows 01, 12, 2-.

    Channel 0 has 1 synapse at tap 0 and none at tap 1, channel 1 has 3 and 2. Step 1: word 0 sends
    channel 0: tap 0 of window 0, 1; tap 1 of a window before the text, none. Word 2 sends channel
    1: tap 0 of window 2, 3; tap 1 of window 1, 2. Step 2: word 1 sends both: 1 + 3 at tap 0 of
    window 1, 0 + 2 at tap 1 of window 0. A linear layer: feature 0 reaches 1 of 2 outputs.
    """
    conv = Conv1d(2, 3, 2, padding=(0, 1))
    conv.weight.data = torch.zeros(3, 2, 2)
    conv.weight.data[0, 0, 0] = 1
    conv.weight.data[:, 1, 0] = -1
    conv.weight.data[:2, 1, 1] = 2
    frames = torch.zeros(2, 1, 2, 4)  # one position of padding
    frames[0, 0, 0, 0] = frames[0, 0, 1, 2] = frames[1, 0, 0, 1] = frames[1, 0, 1, 1] = 1
    signal = Signal(frames, torch.tensor([3]))
    assert step_sops(conv, signal).tolist() == [[1 + 3 + 2], [1 + 3 + 2]]
    linear = Linear(2, 2)
    linear.weight.data = torch.tensor([[0.0, 1.0], [0.5, 1.0]])
    assert layer_sops(linear, Signal(torch.tensor([[[1.0, 0.0]], [[1.0, 1.0]]]))).tolist() == [4]


@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 3), st.integers(0, 99))
def test_operations_of_missing_synapses_are_those_of_a_convolution(
    length: int, width: int, left: int, seed: int
):
    """Ones where synapses are, convolved with the spikes by torch and summed over the windows."""
    left, random = min(left, width - 1), torch.Generator().manual_seed(seed)
    conv = Conv1d(3, 4, width, padding=(left, 0))
    conv.weight.data = (torch.rand(4, 3, width, generator=random) < 0.4) * 1.5
    spikes = (torch.rand(2, 1, 3, length, generator=random) < 0.5).float()
    padded = torch.nn.functional.pad(spikes[:, 0], (left, max(width - length - left, 0)))
    reached = torch.nn.functional.conv1d(padded, (conv.weight != 0).float()).sum(dim=(1, 2))
    signal = Signal(spikes, torch.tensor([length]))
    assert step_sops(conv, signal)[:, 0].tolist() == reached.tolist()


def test_two_branches_by_hand():
    """One text of 3 words, 2 input channels, widths 2 and 3 with 2 channels each, 2 classes, T 2.

    Input spikes (word: channel at step): step 1 word 0 channel 0, word 1 both; step 2 word 2
    channel 1. Width 2 has windows 0-1 and 1-2: word 0 reaches 1, word 1 reaches 2, word 2 reaches
    1. SOPs: (1*1 + 2*2 + 1*1) * 2 channels = 12. Width 3 has one window: 4 spikes * 2 = 8.
    """
    frames = torch.zeros(2, 1, 2, 4)  # one position of padding
    frames[0, 0, 0, 0] = frames[0, 0, 0, 1] = frames[0, 0, 1, 1] = frames[1, 0, 1, 2] = 1
    conv2, conv3, readout = Conv1d(2, 2, 2), Conv1d(2, 2, 3), Linear(4, 2)
    with torch.no_grad():
        conv2.weight.fill_(0.5)  # step 1: window 0 gets 3 spikes, 1.5; window 1 two spikes, 1.0
        conv3.weight.fill_(1e-6)
        readout.weight.fill_(1.0)
    network = Network(
        [
            ("conv2", conv2, ("input",)),
            ("act2", IF(), ("conv2",)),
            ("pool2", MaxOfSpikes(), ("act2",)),
            ("conv3", conv3, ("input",)),
            ("act3", IF(), ("conv3",)),
            ("pool3", MaxOfSpikes(), ("act3",)),
            ("concat", Concat(), ("pool2", "pool3")),
            ("readout", readout, ("concat",)),
        ]
    )
    record: dict[str, Signal] = {}
    with torch.no_grad():
        network(Signal(frames, torch.tensor([3])), record)
    # V: window 0: .5+1.5=2* 1, then 1+0=1* ; window 1: .5+1=1.5* .5, then .5+.5=1*
    assert record["act2"].values[:, 0, 0, :2].tolist() == [[1, 1], [1, 1]]
    counter = SpikeCounter(network, input_is_analog=False)
    counter.update(record)
    counts = counter.compute()
    assert counts["input_spikes_per_sample"] == 4
    # readout: 2 channels fire at both steps after pooling, 2 outputs: 2 * 2 * 2 = 8
    assert counts["sops_by_layer"] == {"conv2": 12, "conv3": 8, "readout": 8}
    assert counts["sops_per_sample"] == 28 and counts["input_macs_per_sample"] == 0


def test_analog_input_counts_multiplications_once_and_no_spikes():
    conv = Conv1d(2, 3, 2)
    torch.nn.init.ones_(conv.weight)
    network = Network([("conv", conv, ("input",))])
    frames = torch.ones(5, 1, 2, 3)
    record: dict[str, Signal] = {}
    network(Signal(frames, torch.tensor([3])), record)
    counter = SpikeCounter(network, input_is_analog=True)
    counter.update(record)
    counts = counter.compute()
    # 2 windows * 2 taps * 2 inputs * 3 channels = 24, computed once for all five steps
    assert counts["input_macs_per_sample"] == 24
    assert counts["input_spikes_per_sample"] == 0 and counts["sops_per_sample"] == 0


def test_pooled_averages_cost_one_operation_a_synapse():
    values = torch.tensor([[[0.5, 0.0, 1.0]]])  # T 1, B 1, F 3
    assert layer_sops(whole(Linear(3, 4)), Signal(values)).tolist() == [pytest.approx(8)]


@given(
    length=st.integers(1, 9),
    width=st.integers(1, 4),
    left=st.integers(0, 3),
    right=st.integers(0, 3),
    stride=st.integers(1, 3),
    extra=st.integers(0, 3),
)
def test_fan_out_with_padding_and_stride(length, width, left, right, stride, extra):
    windows = (max(length + left + right, width) - width) // stride + 1
    found = window_fan_out(torch.tensor([length]), length + extra, width, (left, right), stride)
    expected = [
        float(sum(w * stride <= i + left < w * stride + width for w in range(windows)))
        for i in range(length)
    ]
    assert found[0, :length].tolist() == expected


def test_padded_convolution_by_hand():
    """Three words, width 3, same padding: windows around words 0, 1, 2.

    Word 0 is in the windows of words 0 and 1, word 1 in all three, word 2 in two. Spikes: word 0
    twice, word 1 once, word 2 once, and on the padding once (which no synapse reads): 2 * 2 + 3 + 2
    = 9, times 4 channels = 36.
    """
    spikes = torch.zeros(2, 1, 1, 4)
    spikes[:, 0, 0, 0] = 1
    spikes[0, 0, 0, 1] = spikes[1, 0, 0, 2] = spikes[0, 0, 0, 3] = 1
    node = whole(Conv1d(1, 4, 3, "same"))
    assert layer_sops(node, Signal(spikes, torch.tensor([3]))).tolist() == [36]


def test_bursts_and_negative_spikes_count_by_magnitude():
    values = torch.tensor([[[3.0, -1.0, 0.0]], [[0.0, -1.0, 2.0]]])  # T 2, B 1, F 3: 7 spikes
    assert layer_sops(whole(Linear(3, 2)), Signal(values)).tolist() == [14]
    assert layer_sops(Scale(3), Signal(values)).tolist() == [7]
    sequence = Signal(values.unsqueeze(2).contiguous(), torch.tensor([3]))  # one channel
    # width 2: positions 0 and 2 reach one window, position 1 two: 3 + 2 * 2 + 2 = 9
    assert layer_sops(whole(Conv1d(1, 1, 2)), sequence).tolist() == [9]


def test_averages_are_synapses():
    """Five positions in windows of 2, 1 apart: the ends are in one window, the others in two."""
    spikes = Signal(torch.ones(3, 1, 2, 5), torch.tensor([5]))
    assert layer_sops(AvgPool1d(2, 1), spikes).tolist() == [3 * 2 * (1 + 2 + 2 + 2 + 1)]
    # side by side: the fifth position fills no window
    assert layer_sops(AvgPool1d(2), spikes).tolist() == [3 * 2 * 4]
    assert layer_sops(MeanOverTime(), spikes).tolist() == [3 * 2 * 5]


class Replay(Node):
    """Neurons that fire as told, whatever arrives."""

    def __init__(self, spikes: torch.Tensor) -> None:
        super().__init__()
        self.spikes = spikes

    def forward(self, *inputs: Signal) -> Signal:
        return Signal(self.spikes, inputs[0].lengths)


def counted(network: Network, frames: torch.Tensor, lengths: torch.Tensor, analog: bool = False):
    for node in network.nodes.values():
        if isinstance(node, Conv1d | Linear):
            torch.nn.init.ones_(node.weight)
    record: dict[str, Signal] = {}
    with torch.no_grad():
        network(Signal(frames, lengths), record)
    counter = SpikeCounter(network, input_is_analog=analog)
    counter.update(record)
    return counter.compute()


def test_residual_sum_by_hand():
    """Two words, two channels, T = 1; x fires 3 of 4 values, y 2 of 4.

    Shortcut: 3 identity synapses. conv2 (width 1, 2 channels): 3 spikes * 2 = 6. The sum of the
    spikes x and y is read by conv3 (width 1, 5 channels): 3 + 2 spikes * 5 = 25, although only 3
    of its values are not zero.
    """
    x = torch.tensor([[[[1.0, 1.0], [0.0, 1.0]]]])
    y = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]]])
    network = Network(
        [
            ("conv1", whole(Conv1d(1, 2, 1)), ("input",)),
            ("x", Replay(x), ("conv1",)),
            ("conv2", whole(Conv1d(2, 2, 1)), ("x",)),
            ("y", Replay(y), ("conv2",)),
            ("shortcut", Scale(2), ("x",)),
            ("sum", Add(), ("shortcut", "y")),
            ("conv3", whole(Conv1d(2, 5, 1)), ("sum",)),
        ]
    )
    torch.nn.init.constant_(network.node("shortcut").weight, 0.3)
    counts = counted(network, torch.ones(1, 1, 1, 2), torch.tensor([2]))
    assert counts["sops_by_layer"] == {"conv1": 4, "conv2": 6, "shortcut": 3, "conv3": 25}


def test_flattened_spikes_by_hand():
    """Three words of which two are there, filled up to four: 3 spikes to 2 outputs each."""
    x = torch.tensor([[[[1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]]])
    network = Network(
        [
            ("conv", whole(Conv1d(1, 2, 1)), ("input",)),
            ("x", Replay(x), ("conv",)),
            ("flat", Flatten(4), ("x",)),
            ("readout", whole(Linear(8, 2)), ("flat",)),
        ]
    )
    counts = counted(network, torch.zeros(1, 1, 1, 3), torch.tensor([2]))
    assert counts["sops_by_layer"]["readout"] == 6


def test_currents_passed_on_need_their_synapses_once_more():
    """conv's currents go to neurons and, in another unit, to a sum: 2 spikes * 3 channels, twice.

    With analog input they are multiplications of the first step, 2 * 3 for conv and its copy.
    """
    network = Network(
        [
            ("conv", whole(Conv1d(1, 3, 1)), ("input",)),
            ("act", IF(), ("conv",)),
            ("silent", Replay(torch.zeros(4, 1, 3, 2)), ("act",)),
            ("other", whole(Conv1d(3, 3, 1)), ("silent",)),
            ("copy", Scale(3), ("conv",)),
            ("sum", Add(), ("other", "copy")),
            ("act2", IF(), ("sum",)),
        ]
    )
    frames = torch.zeros(4, 1, 1, 2)
    frames[0, 0, 0] = 1
    counts = counted(network, frames, torch.tensor([2]))
    assert counts["sops_by_layer"] == {"conv": 6, "other": 0, "copy": 6}
    analog = counted(network, torch.full((4, 1, 1, 2), 0.5), torch.tensor([2]), analog=True)
    assert analog["input_macs_per_sample"] == 12
    assert analog["sops_by_layer"] == {"other": 0}


def test_averages_of_currents_are_added_at_every_step():
    """Two currents in one window, two steps, one channel: 4 additions, and 4 of the layer."""
    network = Network(
        [
            ("conv", whole(Conv1d(1, 1, 1)), ("input",)),
            ("avg", AvgPool1d(2), ("conv",)),
            ("act", IF(), ("avg",)),
        ]
    )
    counts = counted(network, torch.ones(2, 1, 1, 2), torch.tensor([2]))
    assert counts["sops_by_layer"] == {"conv": 4, "avg": 4}
