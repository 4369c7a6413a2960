"""Training in pieces of time is the training of all steps at once, in the memory of a few."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from snnconvert.engine.training.fast import FastTraining
from snnconvert.engine.training.online import streamed
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import set_generator
from snnconvert.pipelines.training.surgery import with_dropout
from snnconvert.seeds import generator
from snnconvert.tests.engine.test_training import assert_equal, build, gradients, reference, texts

WAYS = [("sltt", True), ("sltt", False), ("ottt", True), ("dsr", True), ("rate", True)]
WAYS += [("rate", False), ("ottt", False)]
BATCH = texts(5, [7, 3, 0, 12, 5])


def small(code: str, steps: int, rule: str = "spikes", soft: bool = True) -> SpikingTextModel:
    branches = [(rule, 3, 18), ("spikes", 2, 40)]
    return build(3, Encoder(code), steps, branches, soft=soft, per_channel=True)


@pytest.mark.parametrize(("backward", "soft"), WAYS)
@pytest.mark.parametrize(
    ("code", "steps", "rule"),
    [
        ("saf", 11, "spikes"),
        ("direct", 9, "mean"),
        ("poisson", 10, "spikes"),
        ("bitplane", 15, "mean"),
    ],
)
def test_the_same_as_all_steps_at_once(
    backward: Any, soft: bool, code: str, steps: int, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, surrogate = small(code, steps, rule, soft), Surrogate("atan", 1.0, backward)
    assert streamed.streams(FastTraining(model, surrogate))
    found = gradients(model, surrogate, *BATCH, fast=True)
    assert_equal(found, reference(model, surrogate, *BATCH))
    monkeypatch.setattr(streamed, "AT_ONCE", {})
    assert not streamed.streams(FastTraining(model, surrogate))
    assert_equal(found, gradients(model, surrogate, *BATCH, fast=True), 1e-6)


@pytest.mark.parametrize("backward", ["sltt", "ottt", "dsr"])
def test_the_same_dropout_is_drawn_again(backward: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model, surrogate = small("saf", 9), Surrogate("atan", 1.0, backward)
    model.network = with_dropout(model.network, 0.5).train()

    def made() -> Any:
        noise = generator(3, "dropout")
        set_generator(model.network, noise)
        found = gradients(model, surrogate, *BATCH, fast=True)
        return found, torch.rand(4, generator=noise)

    pieces, after = made()
    monkeypatch.setattr(streamed, "AT_ONCE", {})
    whole, same = made()
    assert_equal(pieces, whole, 1e-6)
    assert torch.equal(after, same)  # what is drawn afterwards does not depend on it


@pytest.mark.parametrize(
    ("backward", "rule", "deep"),
    [("exact", "spikes", False), ("sltt", "counts", False), ("sltt", "spikes", True)],
)
def test_what_needs_all_steps_gets_them(backward: Any, rule: str, deep: bool) -> None:
    model = build(3, Encoder("saf"), 9, [(rule, 2, 5)], deep=deep)
    assert not streamed.streams(FastTraining(model, Surrogate("atan", 1.0, backward)))


def test_no_piece_holds_more_than_its_steps() -> None:
    """The frames, tables and potentials of a batch are those of two steps, whatever T."""
    from snnconvert.engine.training.online.cut import in_time

    for steps in (4, 50):
        model = small("saf", steps)
        sizes = [words.shape[0] for words in in_time(model, *BATCH, streamed.STEPS, None)]
        assert max(sizes) == 2 and sum(sizes) == steps
