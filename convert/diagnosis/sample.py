"""The texts that a conversion is looked at on: the first few hundred, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from ...models.batches import to_batch
from ...models.memory import give_back
from ...models.snn import SpikingTextModel
from ...progress import bar
from ..totals import MOST_VALUES, text_groups

SAMPLE = 512  # texts looked at
BATCH = 64


def looked_at(
    snn: SpikingTextModel,
    sequences: Sequence[np.ndarray],
    most: int = MOST_VALUES,
    progress: str | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Padded ids (B, L) and lengths (B,) of up to 512 texts in their order.

    Args:
        snn: that reads them
        sequences: id sequences
        most: values that may be held of a step; longer batches are cut into fewer texts
        progress: label of a progress bar over texts, none without it
    """
    chosen = sequences[:SAMPLE]
    with bar(
        total=len(chosen), desc=progress, unit="text", shown=bool(progress), leave=False
    ) as drawn:
        for start in range(0, len(chosen), BATCH):
            ids, lengths = to_batch(chosen[start : start + BATCH], snn)
            for part in text_groups(ids, lengths, snn, most):
                yield part
                give_back()
                drawn.update(len(part[0]))
