"""The stage ``teacher``: encoders that were fine-tuned on the data of a run."""

from __future__ import annotations

from dataclasses import dataclass

from ....typed_json import Amount, Count, Share, rare


@dataclass(frozen=True, kw_only=True)
class TeacherFigures:
    """One teacher.

    parameters: of the encoder and its head; trained_parameters: those that were changed; cpu:
    ``seconds`` of its training; seconds and accuracies of all together are those of the stage.
    """

    name: str
    dev_accuracy: Share
    test_accuracy: Share
    parameters: Count
    trained_parameters: Count
    layers: Count
    frozen_layers: Count
    max_tokens: Count
    best_epoch: Count
    epochs: Count
    cpu: dict[str, float] = rare(dict)
    processors: list[str] = rare(list)


@dataclass(frozen=True, kw_only=True)
class TeacherStage:
    """What a run records of its teacher.

    Accuracies are those of the mean of the teachers' logits; leaks: by source of further texts, how
    many were left out and why, and how many were kept.
    """

    teachers: list[TeacherFigures]
    train_accuracy: Share
    dev_accuracy: Share
    test_accuracy: Share
    leaks: dict[str, dict[str, Count]]
    seconds: Amount
