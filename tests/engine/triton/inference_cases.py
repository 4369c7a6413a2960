"""Inference on the GPU kernels: `test_triton.py` runs this in a process of its own."""

import numpy as np
import pytest
import torch

from snnconvert.engine.evaluate import snn_outputs
from snnconvert.engine.grid import on_grid
from snnconvert.engine.triton.front import LINE, pooled_signals
from snnconvert.engine.triton.inference import GpuEngine, TritonEngine
from snnconvert.errors import InputError
from snnconvert.tests.engine.triton.helpers import (
    DEVICE,
    LONG,
    SHORT,
    batch,
    model_of,
    noise,
)

CASES = [
    ("spikes", "saf", "split", True, LONG),
    ("spikes", "saf", "shift", False, SHORT),
    ("counts", "bitplane", "split", False, LONG),
    ("counts", "direct", "none", True, SHORT),
    ("gated", "poisson", "split", True, SHORT),
    ("gated", "saf", "split", False, LONG),
    ("mean", "direct", "split", False, LONG),
    ("mean", "bitplane", "shift", True, SHORT),
    ("currents", "bitplane", "split", False, LONG),
    ("currents", "saf", "split", True, SHORT),
]


@pytest.mark.parametrize(("rule", "code", "mapping", "soft", "ids"), CASES)
def test_same_currents_as_the_reference(rule, code, mapping, soft, ids):
    model = on_grid(model_of(rule, code, mapping, soft)).eval()
    ids, lengths = batch(ids)
    with torch.no_grad():
        want = model.to(DEVICE)(ids, lengths, noise())
    assert torch.equal(TritonEngine(model).currents(ids, lengths, noise()), want)


def test_more_frames_than_registers_hold_and_several_branches():
    model = on_grid(model_of("counts", steps=9, branches=((1, 0), (3, (0, 2))))).eval().to(DEVICE)
    ids, lengths = batch(SHORT[:2])
    with torch.no_grad():
        want = model(ids, lengths)
    assert torch.equal(TritonEngine(model).currents(ids, lengths), want)


def test_the_table_keeps_words_and_starts_anew_when_full_or_changed(monkeypatch):
    model = on_grid(model_of("spikes", "direct", steps=2)).eval().to(DEVICE)
    row = 4 * LINE  # one frame of two taps of three channels, filled up
    engine = TritonEngine(model, table_bytes=3 * row)
    projected = []
    rows = TritonEngine._rows
    monkeypatch.setattr(
        TritonEngine, "_rows", lambda self, w, t: projected.append(w.tolist()) or rows(self, w, t)
    )
    for ids in ([[1, 2]], [[2, 1]], [[3, 1]], [[4, 2]], [[1, 2, 3, 4]]):
        ids, lengths = batch(torch.tensor(ids))
        with torch.no_grad():
            want = model(ids, lengths)
        assert torch.equal(engine.currents(ids, lengths), want)
    # room for three words: word 4 starts the table anew, and four words do not fit at all
    assert projected == [[1, 2], [3], [2, 4], [1, 2, 3, 4]]
    with torch.no_grad():
        model.network.node("conv2").weight.mul_(2)
        want = model(*batch(SHORT))
    assert torch.equal(engine.currents(*batch(SHORT)), want)


def test_a_table_of_another_type_is_refused():
    with pytest.raises(InputError, match=r"expected a float32 table .* got torch.float64"):
        table = torch.zeros(2, 1, 3, dtype=torch.float64)
        pooled_signals(table, torch.zeros(1, 1), torch.ones(1), (0,), ())


@pytest.mark.parametrize(("rule", "code", "mapping", "soft", "ids"), CASES)
def test_same_logits_and_counts_as_the_reference(rule, code, mapping, soft, ids):
    model = model_of(rule, code, mapping, soft).eval().to(DEVICE)
    texts = [row[row > 0].numpy() for row in ids] + [np.array([2, 2, 4])]
    logits, counts = snn_outputs(model, texts, 5, engine="gpu")
    want, wanted = snn_outputs(model, texts, 5, engine="reference")
    assert logits.device.type == "cpu" and torch.equal(logits, want)
    assert counts == wanted and counts["sops_per_sample"] > 0


def test_a_counter_of_signals_is_shown_them():
    model = model_of("spikes").eval().to(DEVICE)
    shown = []

    class Signals:
        def update(self, record):
            shown.append(set(record))

    GpuEngine(model).running_logits([np.array([1, 2, 3])], counter=Signals())
    assert shown == [{"input", *model.network.inputs}]
