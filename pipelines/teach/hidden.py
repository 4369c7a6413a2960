"""What the frozen half of a teacher makes of texts, kept where it fits into memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...models.batches import by_length
from ...progress import bar
from .trunk import Trunk

MOST_BYTES = 2 << 30
"""No more than so many bytes are kept; a text that the rest has no room for is made each time."""
BATCH, POSITIONS = 128, 8192  # most texts and most padded tokens of a batch


class Hidden:
    """Texts as token ids, and the output of the frozen half for each of them.

    That output is rounded to bfloat16 whether it is kept or made anew, so that both give the same.

    Args:
        trunk: the encoder
        tokens: of each text, (L_i,)
        device: where batches are wanted
        products: the block in which products are made, see `classifier.autocast`
        room: bytes that may be kept; 0 keeps nothing
        title: of the progress bar, while texts go through the frozen half
    """

    def __init__(
        self,
        trunk: Trunk,
        tokens: Sequence[np.ndarray],
        device: torch.device,
        products: Any = nullcontext,
        room: int = 0,
        title: str = "",
    ) -> None:
        self.trunk, self.tokens, self.device = trunk, list(tokens), device
        self._products = products
        self._starts = np.cumsum([0, *(len(ids) for ids in tokens)])
        self._kept: Tensor | None = None
        if trunk.lower is not None and 0 < self.bytes <= room:
            self._kept = self._make(title)

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def bytes(self) -> int:
        """What keeping all of it takes."""
        return int(self._starts[-1]) * self.trunk.hidden_dim * 2

    @property
    def is_kept(self) -> bool:
        """Whether the frozen half has been gone through for good."""
        return self._kept is not None

    def batch(self, indices: Sequence[int]) -> tuple[Tensor | None, Tensor, Tensor]:
        """Some texts as the upper half reads them.

        Returns:
            the output of the frozen half (B, L, D) float32, None where the encoder is not cut; ids
            (B, L) and mask (B, L) int64.
        """
        ids, mask = self._padded(indices)
        if self.trunk.lower is None:
            return None, ids, mask
        if self._kept is None:
            return self._lower(ids, mask).float(), ids, mask
        found = torch.zeros(*ids.shape, self.trunk.hidden_dim, dtype=torch.bfloat16)  # (B, L, D)
        for row, index in enumerate(indices):
            start, end = self._starts[index], self._starts[index + 1]
            found[row, : end - start] = self._kept[start:end]
        return found.to(self.device).float(), ids, mask

    def _padded(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Ids and mask (B, L) of some texts."""
        some = [self.tokens[i] for i in indices]
        shape = (len(some), max((len(ids) for ids in some), default=1))
        ids = np.full(shape, self.trunk.tokenizer.pad_token_id or 0, np.int64)
        mask = np.zeros(shape, np.int64)
        for row, own in enumerate(some):
            ids[row, : len(own)], mask[row, : len(own)] = own, 1
        return torch.from_numpy(ids).to(self.device), torch.from_numpy(mask).to(self.device)

    @torch.no_grad()
    def _lower(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The frozen half of padded ids (B, L): (B, L, D) bfloat16."""
        assert self.trunk.lower is not None
        products: AbstractContextManager[object] = self._products()
        with products:
            out: Tensor = self.trunk.lower.eval()(input_ids=ids, attention_mask=mask)[0]
        return out.to(torch.bfloat16)

    def _make(self, title: str) -> Tensor:
        """All of it, one text after the other: (sum of L_i, D) bfloat16 on the CPU."""
        found = torch.empty(int(self._starts[-1]), self.trunk.hidden_dim, dtype=torch.bfloat16)
        with bar(total=len(self), desc=title, leave=False, shown=bool(title)) as shown:
            for indices in by_length(self.tokens, BATCH, POSITIONS):
                out = self._lower(*self._padded(indices)).cpu()
                for row, index in enumerate(indices):
                    start, end = self._starts[index], self._starts[index + 1]
                    found[start:end] = out[row, : end - start]
                shown.update(len(indices))
        return found
