"""What training chooses by the number of texts, and the course of its learning rate."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from snnconvert.errors import InputError
from snnconvert.models.families import FAMILIES
from snnconvert.pipelines.settings.finetune import FinetuneSettings
from snnconvert.pipelines.settings.sizes import finetune_defaults, train_defaults
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.training.loop import Loop
from snnconvert.pipelines.training.optimizer import adamw
from snnconvert.pipelines.training.schedule import rate_factor
from snnconvert.pipelines.training.text_loop import hide_words


def updates(settings, texts: int) -> int:
    return settings.epochs * math.ceil(texts / settings.batch_size)


@given(st.integers(20, 1_000_000), st.booleans())
def test_enough_updates_whatever_the_size(texts, own):
    chosen = train_defaults(TrainSettings(), texts, own)
    assert chosen.train_vectors is own
    assert 8 <= chosen.batch_size <= 64 and 8 <= chosen.epochs <= 60
    assert updates(chosen, texts) >= min(320, 60 * math.ceil(texts / 8))
    assert max(4, chosen.epochs / 3) <= chosen.patience <= chosen.epochs
    tuned = finetune_defaults(FinetuneSettings(), texts)
    assert 3 <= tuned.epochs <= 30 and updates(tuned, texts) >= min(640, 30 * texts / 8)


@given(st.integers(20, 100_000), st.integers(1, 200))
def test_epochs_that_are_asked_for_are_kept(texts, epochs):
    chosen = train_defaults(TrainSettings(epochs=epochs), texts, True)
    assert chosen.epochs == epochs
    assert updates(chosen, texts) >= min(320, epochs * texts / 8)  # smaller batches make up for it


def test_worked_out():
    small = train_defaults(TrainSettings(), 480, own_vectors=True)
    # 480 / 16 = 30, so batches of 16: 30 an epoch, and 11 epochs for 320 updates
    assert (small.batch_size, small.epochs, small.patience) == (16, 11, 4)
    # 330 updates, so that the words' vectors learn 3,200 / 330 times as fast
    assert (small.lr, small.word_dropout) == (2e-3, 0.25)
    assert small.vector_lr == pytest.approx(2e-3 * 3200 / 330)
    many = train_defaults(TrainSettings(), 50_000, own_vectors=True)
    assert many.vector_lr == many.lr  # 6,256 updates are enough at the common rate
    large = train_defaults(TrainSettings(), 6920, own_vectors=False)
    assert (large.batch_size, large.epochs, large.patience) == (64, 8, 4)
    assert (large.lr, large.word_dropout, large.train_vectors) == (2e-3, 0.0, False)
    assert large.vector_lr is None  # they are not trained
    assert (small.input_levels, small.input_rate) == (1, 0.15)
    assert (large.input_levels, large.input_rate) == (2, None)  # they know much already
    whole = train_defaults(TrainSettings(), 6920, own_vectors=False, words=False)
    assert (whole.input_levels, whole.input_rate) == (0, None)  # there is no table to round
    asked = TrainSettings(input_levels=0)
    assert train_defaults(asked, 6920, own_vectors=True).input_rate is None
    files = train_defaults(TrainSettings(train_vectors=True, lr=1e-3), 6920, own_vectors=False)
    assert files.vector_lr == 1e-3  # they know much already
    classes = train_defaults(TrainSettings(), 6920, own_vectors=True, classes=8)
    assert (classes.epochs, classes.patience, classes.batch_size) == (16, 6, 64)
    assert train_defaults(TrainSettings(), 6920, own_vectors=True, classes=7).epochs == 8
    assert train_defaults(TrainSettings(epochs=5), 6920, True, classes=99).epochs == 5
    few = train_defaults(TrainSettings(epochs=4), 480, True)
    assert few.batch_size == 8  # 4 epochs of 60


def test_the_mean_is_for_few_and_long_texts_of_a_text_cnn():
    def pooling(long, texts=2500, **settings):
        return train_defaults(TrainSettings(**settings), texts, True, long=long).pooling

    assert (pooling(False), pooling(True), pooling(True, 2501)) == ("max", "mean", "max")
    assert pooling(True, pooling="max") == "max" and pooling(False, pooling="mean") == "mean"
    assert pooling(True, model="dpcnn") == pooling(True, model="mlp") == "max"
    for model in FAMILIES:  # what a run records is read again
        train_defaults(train_defaults(TrainSettings(model=model), 480, True), 480, True)


def test_what_is_asked_for_is_left_alone():
    asked = TrainSettings(
        epochs=3,
        patience=1,
        batch_size=7,
        lr=0.5,
        vector_lr=0.1,
        word_dropout=0.0,
        train_vectors=True,
        input_levels=3,
        input_rate=0.4,
        pooling="mean",
    )
    assert train_defaults(asked, 480, False) == asked
    asked = FinetuneSettings(epochs=3, patience=0, batch_size=7)
    assert finetune_defaults(asked, 480) == asked


def test_vectors_that_stay_have_no_rate():
    for settings, own in (
        (TrainSettings(vector_lr=0.1), False),
        (TrainSettings(vector_lr=0.1, train_vectors=False), True),
    ):
        with pytest.raises(InputError, match="vector_lr only where word vectors are trained"):
            train_defaults(settings, 480, own)
    asked = TrainSettings(vector_lr=0.1, train_vectors=True)
    assert train_defaults(asked, 480, False).vector_lr == 0.1


def test_course_of_the_rate():
    assert [rate_factor(s, 9, "constant") for s in (0, 8)] == [1.0, 1.0]
    # 100 updates: a warm-up of three, then half a cosine
    course = [rate_factor(s, 100, "cosine") for s in range(100)]
    assert course[0] == pytest.approx(1 / 3) and course[50] == pytest.approx(0.5)
    assert course[25] == pytest.approx((1 + math.sqrt(0.5)) / 2)
    assert course[2:] == sorted(course[2:], reverse=True) and min(course) == 0.01
    assert rate_factor(0, 1, "cosine") == 1.0


class Slope(nn.Module):
    """A model whose loss is the mean of its parameter: every gradient is the same."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4))
        self.words = nn.Embedding(3, 2)


def slope_loop(folder: Path, **options) -> Loop:
    model = Slope()
    given = {"dev_score": lambda: (0.5, 1.0), "epochs": 2, "patience": 2} | options
    return Loop(
        model=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=1.0),
        lengths=[1] * 8,
        batch_loss=lambda indices, random: 10 * model.weight.sum() + 0 * model.words.weight.sum(),
        folder=folder,
        name="train",
        seed=0,
        batch_size=2,
        tensorboard=False,
        **given,
    )


@pytest.mark.parametrize(("patience", "made"), [(0, 4), (1, 4), (2, 5), (4, 8)])
def test_training_ends_after_so_many_epochs_without_a_gain(tmp_path, patience, made):
    """Dev gets better up to the third epoch, and once more in the seventh."""
    scores = iter([0.1, 0.2, 0.3, 0.2, 0.3, 0.2, 0.5, 0.1, 0.1, 0.1])
    state = slope_loop(
        tmp_path, dev_score=lambda: (next(scores), 1.0), epochs=8, patience=patience
    ).run()
    assert state.epoch == made and state.best_epoch == (6 if patience == 4 else 2)


def test_the_loop_follows_course_and_limit(tmp_path):
    loop = slope_loop(tmp_path, schedule="cosine", clip=1.0)
    loop._step([0, 1])
    loop._step([2, 3])
    # gradient (10, 10, 10, 10) has the norm 20: cut to 1, so each part to 0.5; 8 updates in all
    moved = 0.5 * (rate_factor(0, 8, "cosine") + rate_factor(1, 8, "cosine"))
    torch.testing.assert_close(loop.model.weight.detach(), torch.full((4,), -moved))


def test_no_limit_and_no_course_by_default(tmp_path):
    loop = slope_loop(tmp_path)
    loop._step([0, 1])
    torch.testing.assert_close(loop.model.weight.detach(), torch.full((4,), -10.0))


def test_hidden_words():
    ids = torch.randint(2, 50, (200, 30), generator=torch.Generator().manual_seed(0))
    ids[:, 20:] = 0
    hidden = hide_words(ids, 0.25, torch.Generator().manual_seed(1))  # (B, L)
    changed = hidden != ids
    assert not changed[:, 20:].any() and set(hidden[changed].tolist()) == {1}
    assert changed[:, :20].float().mean() == pytest.approx(0.25, abs=0.03)
    assert hide_words(ids, 0.0, torch.Generator()) is ids
    marked = hide_words(ids, 0.25, torch.Generator().manual_seed(1), (7, 8))
    kept = (ids == 7) | (ids == 8)
    assert torch.equal(marked, torch.where(kept, ids, hidden)) and changed[kept].any()


def test_word_vectors_have_a_rate_of_their_own():
    """AdamW's first step is its rate in every component that has a gradient."""
    model = nn.Sequential(nn.Embedding(3, 4), nn.Linear(4, 2))
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = adamw(model, lr=0.01, weight_decay=0.0, vector_lr=0.1)
    model(torch.tensor([0, 1, 2])).square().sum().backward()
    optimizer.step()
    moved = {name: (p.detach() - before[name]).abs() for name, p in model.named_parameters()}
    assert torch.allclose(moved["0.weight"], torch.tensor(0.1), atol=1e-4)
    assert torch.allclose(moved["1.weight"], torch.tensor(0.01), atol=1e-4)


def test_word_vectors_move_as_by_the_plain_adamw():
    """Theirs is the fused form, which is rounded in other places; words without a gradient too."""
    draws = torch.Generator().manual_seed(0)
    table = torch.randn(50, 20, generator=draws)
    model, plain = nn.Embedding.from_pretrained(table.clone(), freeze=False), nn.Parameter(table)
    optimizers = adamw(model, 0.01, 0.1), torch.optim.AdamW([plain], 0.01, weight_decay=0.1)
    for _ in range(20):
        gradient = torch.randn(50, 20, generator=draws) * (torch.rand(50, 1, generator=draws) < 0.2)
        model.weight.grad, plain.grad = gradient, gradient.clone()
        for optimizer in optimizers:
            optimizer.step()
    assert torch.allclose(model.weight, plain, atol=1e-6)


def test_the_linear_course_worked_out():
    # 6 of 100 updates rise, 94 fall
    found = [rate_factor(step, 100, "linear") for step in range(100)]
    assert found[:6] == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1])
    assert (found[6], found[53], found[99]) == pytest.approx((1, 0.5, 1 / 94))
    assert found[6:] == sorted(found[6:], reverse=True)
    assert rate_factor(0, 1, "linear") == 1 and rate_factor(100, 100, "linear") == 0.01
