"""The training loop of a text classifier: cross entropy on its outputs, dev for the early stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from ...models.batches import to_batch
from ...models.devices import device_of
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel, set_generator
from ...text.stages.vocabulary import PAD_ID, UNK_ID
from ..data import Texts
from ..settings.finetune import FinetuneSettings
from ..settings.train import TrainSettings
from .dev_score import DevScore, Logits
from .loop import Loop, adamw, class_weights

# padded ids (B, L), lengths (B,) and the step's randomness to outputs with gradients (B, K)
Outputs = Callable[[Tensor, Tensor, torch.Generator], Tensor]


def text_loop(
    folder: Path,
    name: str,
    model: TextModel | SpikingTextModel,
    texts: Texts,
    settings: TrainSettings | FinetuneSettings,
    seed: int,
    outputs: Outputs,
    logits: Logits,
    scale: float = 1.0,
    score_start: bool = False,
    word_dropout: float = 0.0,
    vector_lr: float | None = None,
    one_thread: bool = False,
) -> Loop:
    """The loop that trains ``model`` on the split ``train``.

    An epoch is chosen by `dev_score.DevScore`, and the log shows what its score is made of.

    Args:
        folder: where checkpoint and logs lie
        name: of the training, for its files and its random draws
        model: what is trained
        texts: id sequences and labels by split
        settings: how to train
        seed: of the order of the texts and of all noise
        outputs: with gradients, of a batch
        logits: of whole splits
        scale: what outputs are multiplied with in the cross entropy
        score_start: whether the model as it is counts as a candidate
        word_dropout: share of the words of a text that a step reads as unknown
        vector_lr: learning rate of word vectors that are trained; None for that of the rest
        one_thread: see `loop.Loop`
    """
    # filled in by `schedule.train_defaults` and `finetune_defaults`
    assert settings.epochs and settings.batch_size and settings.lr
    assert settings.patience is not None
    sequences, labels = texts.sequences["train"], torch.tensor(texts.labels["train"])
    classes = len(texts.dataset.classes)
    weight = class_weights(texts.labels["train"], classes) if settings.class_weights else None
    own_weight = None if weight is None else weight.to(device_of(model))

    def batch_loss(indices: list[int], random: torch.Generator) -> Tensor:
        set_generator(model.network, random)
        ids, lengths = to_batch([sequences[i] for i in indices], model)
        ids = hide_words(ids, word_dropout, random)
        found = outputs(ids, lengths, random)  # (B, K)
        wanted = labels[indices].to(found.device)
        return functional.cross_entropy(scale * found, wanted, own_weight)

    score = DevScore(logits, texts, weight, scale)
    return Loop(
        model=model,
        optimizer=adamw(model, settings.lr, settings.weight_decay, vector_lr),
        lengths=[len(s) for s in sequences],
        batch_loss=batch_loss,
        dev_score=score,
        folder=folder,
        name=name,
        seed=seed,
        epochs=settings.epochs,
        patience=settings.patience,
        batch_size=settings.batch_size,
        tensorboard=settings.tensorboard,
        schedule=settings.schedule,
        clip=settings.clip,
        score_start=score_start,
        one_thread=one_thread,
        parts=score.parts,
    )


def hide_words(ids: Tensor, share: float, random: torch.Generator) -> Tensor:
    """Padded ids (B, L) with about ``share`` of the words as the unknown word; padding stays.

    A network that cannot count on any one word learns more from few texts (Iyyer et al., ACL 2015,
    section 3, drop whole words), and the unknown word gets a vector of its own.
    """
    if not share:
        return ids
    hidden = (torch.rand(ids.shape, generator=random) < share).to(ids.device)  # (B, L)
    return torch.where(hidden & (ids != PAD_ID), UNK_ID, ids)
