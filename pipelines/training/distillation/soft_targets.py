"""Training texts with the logits of a teacher, and further texts that only these are known of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..texts import Texts

UNLABELLED = -1
"""Stands for the class of a text that has none."""


@dataclass(frozen=True)
class SoftTargets:
    """What a teacher said.

    Attributes:
        logits: (N, K) float32 of the training texts, in their order
        texts: M further texts
        labels: their classes, `UNLABELLED` where they have none
        further: (M, K) float32, the logits of the further texts
        digest: what tells them from others
    """

    logits: Tensor
    texts: Sequence[str] = ()
    labels: Sequence[int] = ()
    further: Tensor | None = None
    digest: str = ""


def with_targets(texts: Texts, targets: SoftTargets | None) -> Texts:
    """``texts`` to be trained on: with the teacher's logits, and its further texts in ``train``.

    The further texts are cut and looked up by the text stage of ``texts``.
    """
    if targets is None:
        return texts
    parts = [targets.logits, *([] if targets.further is None else [targets.further])]
    return replace(
        texts,
        sequences={
            **texts.sequences,
            "train": [*texts.sequences["train"], *texts.stage.encode(list(targets.texts))],
        },
        labels={**texts.labels, "train": [*texts.labels["train"], *targets.labels]},
        teacher=torch.cat(parts),  # (N + M, K)
    )
