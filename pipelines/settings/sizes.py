"""How training goes by default for so many texts: batch, epochs, patience, learning rate.

A rule that says "20 epochs, stop after 3 without a gain" is 2,000 updates of the weights on 7,000
texts, and 80 updates, far too few to learn anything, on 500. So what is left out of the settings is
chosen by how many updates it gives, and is written down with the run as if it had been asked for.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeVar

from ...errors import InputError
from ...models.families import FAMILIES
from .finetune import FinetuneSettings
from .train import INPUT_LEVELS, INPUT_RATE, OWN_LEVELS, TrainSettings

S = TypeVar("S", TrainSettings, FinetuneSettings)

RATE = 2e-3
"""Learning rate of AdamW in training."""
VECTOR_RATE, VECTOR_UPDATES = 10.0, 3200
"""Word vectors that come from the training texts alone learn up to so many times as fast.

A word is in few batches, so at one rate for all the filters learn few texts by heart from vectors
that hardly move: of 400 texts of 20 topics on random vectors 42 % were right on other texts, with
this 92 %, and a linear model has 99 %. In so many updates or more a word has its turns at the
common rate.
"""
EPOCHS, MANY_CLASSES = 8, 8
"""Epochs at least, and from so many classes on twice as many.

A class has fewer texts then, and more others to be told from: of 7,200 definitions of words, of ten
and of fifteen classes, 16 epochs got 1.8 and 2.1 points more than 8 did on test, and of sentences
of six classes and fewer they got nothing.
"""
MEAN_OF_LONG, FEW_TEXTS = ("textcnn",), 2500
"""Networks that by default take the mean over the positions of long texts, and up to how many.

A maximum over hundreds of positions finds a strong one in every text and learns few texts by heart;
of many texts it learns more than the mean does (measured in docs/accuracy.md).
"""
LARGEST_BATCH = 64
"""Texts of an update, unless more are asked for."""


def train_defaults(
    settings: TrainSettings,
    texts: int,
    own_vectors: bool,
    words: bool = True,
    classes: int = 2,
    long: bool = False,
) -> TrainSettings:
    """``settings`` with everything filled in that was left to the size of the data.

    Args:
        settings: as the user gave them
        texts: number of training texts
        own_vectors: whether the word vectors were trained on these texts or drawn at random; such
            vectors know little yet, so they are trained with the network, and a share of the words
            of a text is hidden so that no single word carries a class, and they are trained at
            up to `VECTOR_RATE` times the rate
        words: whether the network reads words by a table, whose vectors can be rounded
        classes: how many there are
        long: whether a text has many words (`text.stages.length.are_long`)

    Raises:
        InputError: a learning rate of word vectors that are not trained.
    """
    tuned = own_vectors if settings.train_vectors is None else settings.train_vectors
    if settings.vector_lr is not None and not tuned:
        raise InputError(
            "expected vector_lr only where word vectors are trained, but they stay as they are: "
            "give --train-vectors true, or leave --vector-lr out"
        )
    least = EPOCHS if classes < MANY_CLASSES else 2 * EPOCHS
    settings = _by_updates(settings, texts, updates=320, least=least, most=60)
    usual = FAMILIES[settings.model].lr or RATE
    lr = usual if settings.lr is None else settings.lr
    vector_lr = lr * (_vector_factor(settings, texts) if own_vectors else 1.0) if tuned else None
    hidden = 0.25 if tuned else 0.0
    levels, rate = settings.input_levels, settings.input_rate
    own = own_vectors and tuned
    if settings.spikes:
        levels, rate = 0, None
    elif levels is None:
        levels = (OWN_LEVELS if own else INPUT_LEVELS) if words else 0
    if rate is None and own and levels:
        rate = INPUT_RATE
    pooling = settings.pooling
    if pooling == "auto":
        few = texts <= FEW_TEXTS and settings.model in MEAN_OF_LONG
        pooling = "mean" if long and few else "max"
    return replace(
        settings,
        pooling=pooling,
        train_vectors=tuned,
        lr=lr,
        vector_lr=vector_lr if settings.vector_lr is None else settings.vector_lr,
        word_dropout=hidden if settings.word_dropout is None else settings.word_dropout,
        input_levels=levels,
        input_rate=rate,
    )


def _vector_factor(settings: TrainSettings, texts: int) -> float:
    """How much faster vectors from the training texts learn: the fewer updates, the faster."""
    assert settings.batch_size and settings.epochs
    updates = settings.epochs * math.ceil(texts / settings.batch_size)
    return min(VECTOR_RATE, max(1.0, VECTOR_UPDATES / updates))


def finetune_defaults(settings: FinetuneSettings, texts: int) -> FinetuneSettings:
    """``settings`` with batch, epochs and patience filled in, for so many training texts."""
    return _by_updates(settings, texts, updates=640, least=3, most=30)


def _by_updates(settings: S, texts: int, updates: int, least: int, most: int) -> S:
    """Batch, epochs and patience by the number of updates they give.

    The batch is a 16th of the texts, in powers of two from 8 to 64; smaller where the number of
    epochs that was asked for, or the most, would give fewer than ``updates`` otherwise. There are
    epochs enough for ``updates``, but from ``least`` to ``most``. Patience is a third of the
    epochs, and at least 4.
    """
    batch, epochs = settings.batch_size, settings.epochs
    if batch is None:
        wanted = min(texts / 16, texts * (epochs or most) / updates)
        batch = min(LARGEST_BATCH, max(8, 2 ** int(math.log2(max(1.0, wanted)))))
    if epochs is None:
        epochs = min(most, max(least, math.ceil(updates / math.ceil(texts / batch))))
    patience = settings.patience
    if patience is None:
        patience = max(4, math.ceil(epochs / 3))
    return replace(settings, batch_size=batch, epochs=epochs, patience=patience)
