"""The training of one teacher: top layers and head, by cross entropy, the best epoch on dev."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from ...engine.evaluate import accuracy
from ...models.devices import device_of
from ..settings.teach import TeachSettings
from ..training.checkpoint import State
from ..training.loop import Loop
from ..training.optimizer import adamw
from .classifier import Classifier, Teacher
from .hidden import MOST_BYTES, Hidden
from .trunk import Trunk

CLIP = 1.0  # largest norm of a step's gradient, as transformers are fine-tuned


@dataclass(frozen=True)
class Lesson:
    """Texts with labels that a teacher is trained on, and those that choose its epoch."""

    texts: Sequence[str]
    labels: Sequence[int]
    dev_texts: Sequence[str]
    dev_labels: Sequence[int]
    classes: int


@dataclass(frozen=True)
class Trained:
    """A trained teacher, where its training ended, and its logits of the texts of its lesson.

    logits: (N, K) of the texts that it was trained on; dev_logits: (n, K)
    most_tokens: that it reads of a text
    """

    teacher: Teacher
    state: State
    logits: Tensor
    dev_logits: Tensor
    most_tokens: int

    def of(self, texts: Sequence[str], title: str = "") -> Tensor:
        """The logits (M, K) of other texts."""
        device = device_of(self.teacher.model)
        tokens = self.teacher.trunk.tokens(texts, self.most_tokens)
        hidden = Hidden(self.teacher.trunk, tokens, device, self.teacher.products)
        return self.teacher.logits(hidden, title)


@dataclass(frozen=True)
class BatchLoss:
    """Cross entropy of some of the texts that a teacher is trained on."""

    teacher: Teacher
    hidden: Hidden
    labels: Sequence[int]

    def __call__(self, indices: list[int], random: torch.Generator) -> Tensor:
        """The loss, a scalar with gradients; ``random`` draws the dropout."""
        logits = self.teacher.batch(self.hidden, indices, random)  # (B, K)
        wanted = torch.tensor([self.labels[i] for i in indices], device=logits.device)
        return functional.cross_entropy(logits, wanted)


@dataclass(frozen=True)
class DevScore:
    """Accuracy and loss on dev."""

    teacher: Teacher
    hidden: Hidden
    labels: Sequence[int]

    def __call__(self) -> tuple[float, float]:
        """(accuracy, loss) of the teacher as it is now."""
        logits = self.teacher.logits(self.hidden)  # (n, K)
        loss = functional.cross_entropy(logits, torch.tensor(list(self.labels)))
        return accuracy(logits, self.labels), float(loss)


def train_teacher(
    trunk: Trunk,
    lesson: Lesson,
    settings: TeachSettings,
    folder: Path,
    name: str,
    stamp: str,
    seed: int,
    device: torch.device,
) -> Trained:
    """Fine-tune an encoder; goes on where an interrupted call stopped.

    Args:
        trunk: the encoder, which is changed
        lesson: what it learns
        settings: with all that was left to the size of the data filled in
        folder: where checkpoint and logs lie
        name: of the training, for its files and its random draws
        stamp: fingerprint of the stage
        seed: of the head, of the order of the texts and of the dropout
        device: where it is trained

    Raises:
        DivergenceError: the loss left all bounds.
    """
    assert settings.epochs and settings.max_tokens
    trunk.to(device)
    model = Classifier(trunk, lesson.classes, seed).to(device)
    teacher = Teacher(trunk, model, settings.precision)
    most = min(settings.max_tokens, trunk.longest)
    texts, dev = (
        Hidden(trunk, trunk.tokens(some, most), device, teacher.products, room, title)
        for some, room, title in (
            (lesson.texts, MOST_BYTES, f"{name}: frozen layers"),
            (lesson.dev_texts, MOST_BYTES // 4, ""),
        )
    )
    loop = Loop(
        model=model,
        optimizer=adamw(model, settings.lr, settings.weight_decay),
        lengths=[len(ids) for ids in texts.tokens],
        batch_loss=BatchLoss(teacher, texts, lesson.labels),
        dev_score=DevScore(teacher, dev, lesson.dev_labels),
        folder=folder,
        name=name,
        seed=seed,
        epochs=settings.epochs,
        patience=settings.epochs,
        batch_size=settings.batch_size,
        tensorboard=settings.tensorboard,
        schedule="linear",
        clip=CLIP,
        stamp=stamp,
    )
    state = loop.run()
    title = f"{name}: logits"
    return Trained(teacher, state, teacher.logits(texts, title), teacher.logits(dev), most)
