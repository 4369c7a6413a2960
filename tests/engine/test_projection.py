"""Projection tables: gathered and added, they give the currents of the convolutions."""

from __future__ import annotations

import pytest
import torch

from snnconvert.engine.frames import token_frames
from snnconvert.engine.grid import on_grid
from snnconvert.engine.plan import plan_of
from snnconvert.engine.projection import by_tap, project
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Conv1d, initialised
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes

LAYERS = ((3, 4, 0), (1, 2, 0), (2, 3, "same"))
KINDS = [("direct", "split"), ("direct", "none"), ("saf", "shift"), ("bitplane", "split")]


def grid_model(kind: tuple[str, str]) -> SpikingTextModel:
    encoder = Encoder(*kind)
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for i, (width, channels, padding) in enumerate(LAYERS):
        nodes += [
            (f"conv{i}", Conv1d(encoder.channels(10), channels, width, padding), ("input",)),
            (f"if{i}", IF(), (f"conv{i}",)),
            (f"pool{i}", MaxOfSpikes(), (f"if{i}",)),
        ]
    vectors = torch.rand(12, 10, generator=torch.Generator().manual_seed(0)) * 2 - 1
    vectors[0] = 0
    return on_grid(SpikingTextModel(vectors, encoder, initialised(Network(nodes), 3), 7))


@pytest.mark.parametrize("kind", KINDS)
def test_gathered_rows_add_up_to_the_currents_of_the_convolutions(kind):
    model = grid_model(kind)
    network, plan = model.network, plan_of(model.network)
    tokens = torch.tensor([3, 7, 7, 1, 11, 4])
    lengths = torch.tensor([len(tokens)])
    frames = token_frames(model.encoder, model.embedding.weight[tokens], model.steps)
    table = project(network, plan, frames)  # (N, F, taps)
    assert table.shape == (6, len(frames.values), plan.taps) and table.is_contiguous()
    signal = Signal(model.frames(tokens[None], lengths), lengths)
    for branch, start in zip(plan.branches, plan.offsets, strict=True):
        conv = network.node(branch.conv)
        assert isinstance(conv, Conv1d)
        currents = conv(signal).values[:, 0]  # (T, C, windows)
        left, c = branch.padding[0], branch.channels
        for step, frame in enumerate(frames.order):
            for window in range(currents.shape[-1]):
                total = conv.bias.detach()
                for j in range(branch.width):
                    row = window + j - left
                    if 0 <= row < len(tokens):
                        total = total + table[row, frame, start + j * c : start + (j + 1) * c]
                assert torch.equal(total, currents[step, :, window])


def test_the_order_by_tap_holds_the_same_numbers():
    model = grid_model(("bitplane", "split"))
    plan = plan_of(model.network)
    frames = token_frames(model.encoder, model.embedding.weight[1:5], model.steps)
    table = project(model.network, plan, frames).numpy()
    rows, count = by_tap(table, plan), len(frames.values)
    assert rows.shape == (4, count * plan.taps)
    for branch, start in zip(plan.branches, plan.offsets, strict=True):
        for j in range(branch.width):
            for f in range(count):
                at = count * start + (j * count + f) * branch.channels
                tap = start + j * branch.channels
                expected = table[:, f, tap : tap + branch.channels]
                assert (rows[:, at : at + branch.channels] == expected).all()
