"""What makes the stage ``teacher``: one encoder after the other is trained, and asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...engine.evaluate import accuracy
from ...text.datasets.dataset import Dataset
from ..settings.teach import TeachSettings
from .defaults import MANY, teach_defaults
from .sources import Auxiliary
from .stored import save_teacher, save_weights
from .trunk import Trunk, open_trunk
from .tuning import Lesson, Trained, train_teacher

Figures = dict[str, Any]
Logits = dict[str, Tensor]


@dataclass(frozen=True)
class Making:
    """One stage ``teacher`` in the making.

    dataset: whose training split, with the further texts that have labels, is learned
    more: further texts
    settings: which teachers, and how they are trained
    folder: of the stage
    stamp: its fingerprint
    seed: of all draws
    device: where teachers are trained
    """

    dataset: Dataset
    more: Auxiliary
    settings: TeachSettings
    folder: Path
    stamp: str
    seed: int
    device: torch.device

    def make(self, trunks: list[Trunk]) -> Figures:
        """Train the teachers, save the mean of their logits; returns what the stage records.

        Raises:
            DivergenceError: the loss of a training left all bounds.
            SnnConvertError: a file cannot be written.
        """
        logits: list[Logits] = []
        figures: list[Figures] = []
        for number in range(1, len(trunks) + 1):
            trained = self._train(trunks.pop(0), number)
            logits.append(self._logits(trained))
            figures.append(self._figures(trained, logits[-1]))
            if self.settings.keep_weights:
                save_weights(self.folder, number, trained.teacher.model)
        mean = {split: torch.stack([own[split] for own in logits]).mean(0) for split in logits[0]}
        found = self._accuracies(mean)
        stored = {split: rows for split, rows in mean.items() if split != "test"}
        spec = {"teachers": figures, "seed": self.seed, "precision": self.settings.precision}
        save_teacher(self.folder, self.dataset, self.more, stored, spec)
        return {"teachers": figures, **found, "leaks": self.more.counts()}

    def _train(self, trunk: Trunk, number: int) -> Trained:
        """One teacher, trained on the training split and the further texts that have labels."""
        own, dev = self.dataset.train, self.dataset.dev
        texts, labels = self.more.labelled()
        learned = [*own.texts, *texts], [*own.labels, *labels]
        lesson = Lesson(*learned, dev.texts, dev.labels, len(self.dataset.classes))
        lengths = [len(ids) for ids in trunk.tokens(own.texts, MANY)]
        settings = teach_defaults(self.settings, len(lesson.texts), lengths)
        name = training_name(number)
        return train_teacher(
            trunk, lesson, settings, self.folder, name, self.stamp, self.seed, self.device
        )

    def _logits(self, trained: Trained) -> Logits:
        """The logits of one teacher by split, and ``extra`` of all further texts."""
        own, learned = len(self.dataset.train), len(trained.logits) - len(self.dataset.train)
        title = f"{trained.teacher.trunk.name}: further texts"
        rest = trained.of(self.more.texts[learned:], title)  # those with labels come first
        return {
            "train": trained.logits[:own],
            "dev": trained.dev_logits,
            "test": trained.of(self.dataset.test.texts),
            "extra": torch.cat([trained.logits[own:], rest]),
        }

    def _figures(self, trained: Trained, logits: Logits) -> Figures:
        """What is recorded of one teacher."""
        trunk, model = trained.teacher.trunk, trained.teacher.model
        head = sum(p.numel() for p in model.head.parameters())
        return {
            "name": trunk.name,
            **{k: v for k, v in self._accuracies(logits).items() if k != "train_accuracy"},
            "parameters": trunk.parameters + head,
            "trained_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
            "layers": trunk.layers,
            "frozen_layers": trunk.frozen,
            "max_tokens": trained.most_tokens,
            **trained.state.figures(),
        }

    def _accuracies(self, logits: Logits) -> Figures:
        return {
            f"{name}_accuracy": accuracy(logits[name], self.dataset.split(name).labels)
            for name in ("train", "dev", "test")
        }


def open_trunks(settings: TeachSettings) -> list[Trunk]:
    """The encoders that are asked for.

    Raises:
        InputError: one cannot be opened, or has fewer layers than shall be frozen.
    """
    return [open_trunk(name, settings.frozen) for name in settings.teacher or ()]


def training_name(number: int) -> str:
    """The name of the training of a teacher, the first of which has the number 1."""
    return "teacher" if number == 1 else f"teacher-{number}"


def training_names(settings: TeachSettings) -> Iterator[str]:
    """The names of all trainings of a stage."""
    return (training_name(number) for number, _ in enumerate(settings.teacher or (), 1))
