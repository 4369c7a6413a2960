"""Explanations against brute force: the network runs again with windows silenced."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.engine.explanation.parts import Parts, explain_ids
from snnconvert.engine.explanation.silence import logits_without, silenced
from snnconvert.engine.explanation.structure import read_out
from snnconvert.models.batches import to_batch
from snnconvert.models.network import Signal
from snnconvert.models.neurons.burst import BurstIF
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.nodes.layers import Conv1d
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import GatedMax, MaxOfCounts, MaxOfCurrents, MaxOfSpikes
from snnconvert.models.text_model import TextModel
from snnconvert.seeds import generator
from snnconvert.tests.engine.explanation.networks import anns, snns, texts

quick = settings(max_examples=60)
Masks = dict[str, Tensor]


@torch.no_grad()
def run(
    model: TextModel | SpikingTextModel, ids: np.ndarray, record: dict[str, Signal] | None = None
) -> Tensor:
    """Output currents (T, K) of one text; of an ANN its logits (1, K)."""
    batch = to_batch([ids])
    if isinstance(model, TextModel):
        return model.network(Signal(model.embed(batch[0]), batch[1]), record)
    return model(*batch, generator(0, "noise", 0), shared_noise=True, record=record)[:, 0]


def named(model: TextModel | SpikingTextModel, ids: np.ndarray) -> Masks:
    """By convolution (1, C, L): True where a window never leads its filter, at any step."""
    record: dict[str, Signal] = {}
    run(model, ids, record)
    found = {}
    for branch in read_out(model.network).branches:
        values, lengths = record[branch.arriving]
        pool = model.network.node(branch.pool)
        if isinstance(model, TextModel):
            runs = [values.unsqueeze(0)]
        else:  # counts begin anew behind the pre-steps of SRP, which decide who is silent
            runs = [
                part for part in values.split([len(values) - model.steps, model.steps]) if len(part)
            ]
        leads = [pool.leaders(Signal(part, lengths)).any(dim=0) for part in runs]  # (1, C, L)
        found[branch.conv] = ~torch.stack(leads).any(dim=0)
    return found


@quick
@given(anns() | snns((MaxOfSpikes, MaxOfCounts, GatedMax, MaxOfCurrents)), texts)
def test_windows_that_are_not_named_may_be_silenced(model, ids: np.ndarray) -> None:
    before = run(model, ids)
    assert torch.equal(run(silenced(model, named(model, ids)), ids), before)
    assert torch.equal(run(model, ids), before)  # it is left as it was


def some_windows(parts: Parts, data: st.DataObject) -> list[int]:
    return data.draw(st.lists(st.integers(0, len(parts.windows) - 1), unique=True))


def masks_of(model: TextModel | SpikingTextModel, parts: Parts, chosen: list[int]) -> Masks:
    """The chosen windows, of every filter: by convolution (1, 1, L)."""
    masks: Masks = {}
    for branch in read_out(model.network).branches:
        own = [w for w, window in enumerate(parts.windows) if window.conv == branch.conv]
        masks[branch.conv] = torch.tensor([[[w in chosen for w in own]]])
    return masks


@quick
@given(anns() | snns(neurons=(IF, BurstIF, LIF)), texts)
def test_without_any_window_the_bias_is_left(model, ids: np.ndarray) -> None:
    parts = explain_ids(model, ids)
    left = run(silenced(model, masks_of(model, parts, list(range(len(parts.windows))))), ids)
    readout = read_out(model.network).bias
    torch.testing.assert_close(left.double(), readout.expand_as(left), rtol=0, atol=1e-6)


@quick
@given(snns((MaxOfSpikes,), (IF, LIF)), texts, st.data())
def test_a_pooled_spike_goes_with_the_last_window_that_gave_it(
    model: SpikingTextModel, ids: np.ndarray, data: st.DataObject
) -> None:
    """Of any set of silenced windows the explanation knows which spikes are left, at each step."""
    parts, record = explain_ids(model, ids), dict[str, Signal]()
    before = getattr(model, "srp_steps", 0)
    if before:  # SRP decides anew which neurons are silent
        return
    run(model, ids, record)
    chosen = some_windows(parts, data)
    masks = masks_of(model, parts, chosen)
    expected = read_out(model.network).bias.expand(model.steps, -1).clone()
    for branch in read_out(model.network).branches:
        spikes = record[branch.output].values
        given_by = model.network.node(branch.pool).origins(record[branch.arriving], spikes)
        left = (given_by > 0) & ~masks[branch.conv]  # (T, 1, C, L)
        expected += left.any(dim=-1)[:, 0].double() @ branch.weight.T
    found = run(silenced(model, masks), ids).double()
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-5)


@quick
@given(snns((MeanOverTime,)), texts, st.data())
def test_of_a_mean_the_parts_of_silenced_windows_are_what_is_lost(
    model: SpikingTextModel, ids: np.ndarray, data: st.DataObject
) -> None:
    if getattr(model, "srp_steps", 0):
        return
    parts = explain_ids(model, ids)
    chosen = some_windows(parts, data)
    found = run(silenced(model, masks_of(model, parts, chosen)), ids).double().numpy()
    expected = parts.currents - parts.step_parts[:, chosen].sum(axis=1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)


@quick
@given(anns() | snns(), texts, st.data())
def test_one_after_the_other_is_as_each_alone(model, ids: np.ndarray, data: st.DataObject) -> None:
    parts = explain_ids(model, ids)
    chosen = some_windows(parts, data)
    found = logits_without(model, ids, [parts.windows[w] for w in chosen])
    assert len(found) == len(chosen)
    for row, w in zip(found, chosen, strict=True):
        alone = run(silenced(model, masks_of(model, parts, [w])), ids).mean(dim=0)
        np.testing.assert_allclose(row, alone.double().numpy(), rtol=0, atol=1e-5)


@quick
@given(anns(), texts, st.data())
def test_a_window_of_an_ann_that_is_silenced_leaves_the_next_largest(
    model: TextModel, ids: np.ndarray, data: st.DataObject
) -> None:
    record: dict[str, Signal] = {}
    run(model, ids, record)
    parts = explain_ids(model, ids)
    chosen = some_windows(parts, data)
    masks = masks_of(model, parts, chosen)
    structure = read_out(model.network)
    expected = structure.bias.clone()
    for branch in structure.branches:
        conv = model.network.node(branch.conv)
        assert isinstance(conv, Conv1d)
        active = model.network.node(branch.arriving if branch.fires_first else branch.output)
        values = active(record[branch.conv]).values[0].double()  # (C, L)
        left = values.masked_fill(masks[branch.conv][0], 0.0)
        mean = isinstance(model.network.node(branch.pool), MeanOverTime)
        pooled = left.mean(dim=1) if mean else left.amax(dim=1)
        expected += branch.weight @ pooled
    found = run(silenced(model, masks), ids)[0].double()
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-5)
