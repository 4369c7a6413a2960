"""The training loop of a text classifier: a loss on its outputs, dev for the early stop."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from ...engine.reference import ann_logits
from ...engine.scores import USUAL
from ...errors import InputError
from ...models.batches import to_batch
from ...models.divided import uniform
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel, set_generator
from ...text.stages.vocabulary import PAD_ID, UNK_ID
from ..parallel.processes import Outputs, Processes, current
from .class_weights import class_weights
from .dev_score import DevScore, Judge, Logits
from .distillation.loss import Distilled
from .graded import by_grades
from .loop import Loop
from .losses.loss import Loss
from .losses.mean_logits import MeanLogits
from .optimizer import adamw
from .options import LoopOptions
from .r_drop import agreeing
from .texts import Texts


@dataclass(frozen=True)
class Trainee:
    """A model to be trained.

    model: its trainable parameters are trained
    outputs: what the loss reads of a batch with gradients: (B, K), or (T, B, K) of every step
    logits: of whole splits, in evaluation mode; see `dev_score.DevScore`
    loss: what is made small
    penalty: what is added to the loss of the batch that ``outputs`` was last asked for
    judge: see `dev_score.DevScore`
    random_steps: whether batches are of a random number of steps, and dev is scored after each
    one_batch: around all passes of a batch, which have what is drawn once for it in common
    score_start: whether the model as it is counts as a candidate
    one_thread: see `loop.Loop`
    """

    model: TextModel | SpikingTextModel
    outputs: Outputs
    logits: Logits
    loss: Loss = field(default_factory=MeanLogits)
    score_start: bool = False
    one_thread: bool = False
    random_steps: bool = False
    one_batch: Callable[[], AbstractContextManager[None]] = nullcontext
    penalty: Callable[[], Tensor] | None = None
    judge: Judge | None = None


def ann_trainee(
    model: TextModel,
    score_start: bool = False,
    label_smoothing: float = 0.0,
    precision: str = "float32",
) -> Trainee:
    """An ANN to be trained, by cross entropy on its logits.

    Args:
        model: the ANN
        score_start: whether the model as it is counts as a candidate
        label_smoothing: of the cross entropy, see `losses.mean_logits`
        precision: ``bfloat16`` for products of such numbers in training (mixed precision:
            weights, sums over a batch, loss and optimizer stay float32)
    """
    mixed = precision == "bfloat16"

    def outputs(ids: Tensor, lengths: Tensor, random: torch.Generator) -> Tensor:
        if not mixed:
            return cast(Tensor, model(ids, lengths))  # (B, K)
        with torch.autocast(ids.device.type, dtype=torch.bfloat16):
            return cast(Tensor, model(ids, lengths)).float()

    return Trainee(
        model,
        outputs=outputs,
        logits=lambda sequences: ann_logits(model, sequences),
        loss=MeanLogits(label_smoothing),
        score_start=score_start,
    )


@dataclass(frozen=True)
class BatchLoss:
    """The loss of some training texts, by their numbers and the randomness of a step.

    weight: how much each class counts (K,); None where all count the same
    word_dropout: share of the words of a text that a step reads as unknown
    distilled: the loss where the texts have a teacher's logits
    r_drop: see `r_drop.agreeing`; 0 for one pass
    processes: that have a share of the texts each
    """

    trainee: Trainee
    texts: Texts
    weight: Tensor | None
    word_dropout: float = 0.0
    distilled: Distilled | None = None
    r_drop: float = 0.0
    processes: Processes = field(default_factory=current)

    def __call__(self, indices: list[int], random: torch.Generator) -> Tensor:
        """The loss, a scalar with gradients.

        Raises:
            InputError: the loss gives something else.
        """
        sequences = self.texts.sequences["train"]
        set_generator(self.trainee.model.network, random)
        batch = to_batch([sequences[i] for i in indices], self.trainee.model)

        def one_pass() -> tuple[Tensor, Tensor]:
            ids = batch[0]
            if self.word_dropout:
                ids = hide_words(ids, self.word_dropout, random, self.texts.stage.marks)
            outputs = self.processes.outputs(self.trainee.outputs, ids, batch[1], random)
            return self._loss(indices, outputs), outputs

        with self.trainee.one_batch():
            return agreeing(one_pass, self.r_drop) if self.r_drop else one_pass()[0]

    def _loss(self, indices: list[int], outputs: Tensor) -> Tensor:
        """The loss of texts by outputs (B, K) or (T, B, K)."""
        labels = self.texts.grades.get("train") or self.texts.labels["train"]
        chosen = torch.tensor([labels[i] for i in indices], device=outputs.device)
        weight = None if self.weight is None else self.weight.to(outputs.device)
        if self.distilled is not None and self.texts.teacher is not None:
            teacher = self.texts.teacher[indices].to(outputs.device)  # (B, K)
            loss = self.distilled(outputs, chosen, teacher, weight)
        else:
            loss = self.trainee.loss.loss(outputs, chosen, weight)
        if self.trainee.penalty is not None:
            loss = loss + self.trainee.penalty()
        if not isinstance(loss, Tensor) or loss.numel() != 1 or not loss.requires_grad:
            raise InputError(
                f"expected the loss {type(self.trainee.loss).__name__} to give one number with "
                f"gradients, but got {_shown(loss)}"
            )
        return loss


def _shown(loss: object) -> str:
    if not isinstance(loss, Tensor):
        return f"a {type(loss).__name__}"
    kind = "a tensor of shape" if loss.requires_grad else "a tensor without gradients, of shape"
    return f"{kind} {tuple(loss.shape)}"


def text_loop(
    folder: Path,
    name: str,
    trainee: Trainee,
    texts: Texts,
    options: LoopOptions,
    seed: int,
    lr: float,
    vector_lr: float | None = None,
    word_dropout: float = 0.0,
    distilled: Distilled | None = None,
) -> Loop:
    """The loop that trains a model on the split ``train``.

    An epoch is chosen by `dev_score.DevScore`, and the log shows what its score is made of.

    Args:
        folder: where checkpoint and logs lie
        name: of the training, for its files and its random draws
        trainee: what is trained
        texts: id sequences and labels by split
        options: how to train, without anything left open (`settings.sizes`)
        seed: of the order of the texts and of all noise
        lr: learning rate
        vector_lr: learning rate of word vectors that are trained; None for that of the rest
        word_dropout: share of the words of a text that a step reads as unknown
        distilled: the loss where ``texts`` have a teacher's logits
    """
    assert options.epochs and options.batch_size and options.patience is not None
    if texts.grades:
        further = len(texts.labels["train"]) > len(texts.grades["train"])
        others = distilled, options.class_weights, options.r_drop, further
        trainee = replace(trainee, loss=by_grades(trainee.loss, *others))
    labels, classes = texts.labels["train"], len(texts.dataset.classes)
    weight = class_weights(labels, classes) if options.class_weights else None
    score = DevScore(
        *(trainee.logits, texts, weight, trainee.loss, trainee.random_steps),
        judge=trainee.judge,
        task=None if texts.dataset.scores[0] in USUAL else texts.dataset.scores[0],
    )
    return Loop(
        model=trainee.model,
        optimizer=adamw(trainee.model, lr, options.weight_decay, vector_lr),
        lengths=[len(s) for s in texts.sequences["train"]],
        batch_loss=BatchLoss(trainee, texts, weight, word_dropout, distilled, options.r_drop),
        dev_score=score,
        folder=folder,
        name=name,
        seed=seed,
        epochs=options.epochs,
        patience=options.patience,
        batch_size=options.batch_size,
        tensorboard=options.tensorboard,
        schedule=options.schedule,
        clip=options.clip,
        score_start=trainee.score_start,
        one_thread=trainee.one_thread,
        average=options.average,
        parts=score.parts,
    )


def hide_words(
    ids: Tensor, share: float, random: torch.Generator, marks: tuple[int, ...] = ()
) -> Tensor:
    """Padded ids (B, L) with about ``share`` of the words as the unknown word.

    Padding stays, and so do ``marks``, which are no words.

    A network that cannot count on any one word learns more from few texts (Iyyer et al., ACL 2015,
    section 3, drop whole words), and the unknown word gets a vector of its own.
    """
    if not share:
        return ids
    hidden = (uniform(ids.shape, random, texts=-2) < share).to(ids.device)  # (B, L)
    for kept in (PAD_ID, *marks):
        hidden &= ids != kept
    return torch.where(hidden, UNK_ID, ids)
