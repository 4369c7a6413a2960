"""Spike and operation counts of a network small enough to count by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from snnconvert.convert.counts import SpikeCounter, layer_sops, window_fan_out
from snnconvert.models.layers import Concat, Conv1d, Linear
from snnconvert.models.network import Network, Signal
from snnconvert.models.spiking import IF, MaxOfSpikes


@given(st.integers(0, 12), st.integers(1, 5), st.integers(0, 4))
def test_fan_out_counts_the_windows_that_hold_a_position(length: int, width: int, extra: int):
    positions = max(length, 1) + extra
    windows = max(length, width) - width + 1
    expected = [
        float(sum(start <= i < start + width for start in range(windows))) for i in range(positions)
    ]
    assert window_fan_out(torch.tensor([length]), positions, width)[0].tolist() == expected


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
        conv3.weight.zero_()
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
    torch.nn.init.zeros_(conv.weight)
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
    assert layer_sops(Linear(3, 4), Signal(values)).tolist() == [pytest.approx(8)]
