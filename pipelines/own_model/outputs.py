"""The outputs of a user's own torch module on texts, beside those of the ANN made of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ...convert.from_torch.check import outputs_of
from ...convert.from_torch.readout import as_logits, as_the_module
from ...convert.from_torch.translation import Translated
from ...errors import InputError
from ...text.stages.own_vocabulary import OwnVocabulary

BATCH = 128
LONGEST = 32  # the least length that a module can read is looked for up to here
# of the largest output: sums in another order, in single precision, on vectors of another scale
TOLERANCE = 1e-3


class OwnOutputs:
    """A module asked about texts by the ids of a text stage, those of one length together.

    What the text stage fills up is padded with the module's own padding; nothing else is.

    Args:
        module: the user's
        found: what `from_torch.translate` found
        own: the ids of its words
        vectors: by the module's ids, (N, D), of a module that takes vectors
    """

    def __init__(
        self, module: nn.Module, found: Translated, own: OwnVocabulary, vectors: Tensor
    ) -> None:
        self.module, self.found, self.own, self.vectors = module, found, own, vectors
        self.least = found.length or self._least()

    def _least(self) -> int:
        """The shortest text that the module can read."""
        some = int(self.own.ids[-1])
        for length in range(1, LONGEST):
            if self._run(np.full((2, length), some)) is not None:
                return length
        raise InputError(
            f"expected a module that reads texts of some length of 1 to {LONGEST - 1} words, but "
            "it failed on all of them; run module(ids) to see its own error"
        )

    def _run(self, ids: np.ndarray) -> Tensor | None:
        """The module's outputs (B, K) or (B, 1) of its own ids (B, L); None where it fails."""
        given = torch.from_numpy(ids)
        if not self.found.tables:
            given = self.vectors[given]  # (B, L, D)
            given = given.transpose(1, 2) if self.found.axes[1] == "C" else given
            given = given.to(next((p.dtype for p in self.module.parameters()), given.dtype))
        elif self.found.axes[0] == "L":
            given = given.t()
        return outputs_of(self.module, self.found, given)

    def of(self, sequences: Sequence[np.ndarray]) -> list[Tensor | None]:
        """The module's outputs (K,) or (1,) of id sequences of the text stage, in their order.

        None for a text that the module cannot read: one that is too short, where it has no padding.
        """
        rows: list[Tensor | None] = [None] * len(sequences)
        lengths = [len(sequence) for sequence in sequences]
        for length in sorted(set(lengths)):
            same = [i for i, n in enumerate(lengths) if n == length >= self.least]
            for start in range(0, len(same), BATCH):
                batch = same[start : start + BATCH]
                outputs = self._run(self._own_ids([sequences[i] for i in batch]))
                for row, i in enumerate(batch if outputs is not None else ()):
                    rows[i] = outputs[row] if outputs is not None else None
        return rows

    def _own_ids(self, sequences: Sequence[np.ndarray]) -> np.ndarray:
        """The module's ids (B, L) of texts of one length; any for unknown words without one."""
        ids: np.ndarray = self.own.ids[np.stack(sequences)]
        return np.maximum(ids, 0)

    def logits(self, outputs: Sequence[Tensor | None]) -> Tensor:
        """Logits (N, K) of the module's own outputs, of which none is missing."""
        whole = torch.stack([row for row in outputs if row is not None])
        return as_logits(whole, self.found.ending, self.found.single)

    def compare(
        self, logits: Tensor, own: Sequence[Tensor | None], sequences: Sequence[np.ndarray]
    ) -> list[float]:
        """How far outputs are apart, for each text that the module reads.

        Args:
            logits: (N, K) of the network, in the order of the module's outputs
            own: the module's own outputs
            sequences: the texts' ids

        Raises:
            InputError: they differ by more than sums in another order do.
        """
        ours = as_the_module(logits.double(), self.found.ending, self.found.single)
        apart: list[float] = []
        for row, theirs, sequence in zip(ours, own, sequences, strict=True):
            if theirs is None or self._invents(sequence):
                continue
            apart.append(float((row - theirs).abs().max()))
            if not apart[-1] <= TOLERANCE * max(1.0, float(theirs.abs().max())):
                raise InputError(
                    "expected the network to give the module's own outputs, but they differ by "
                    f"{apart[-1]:.3g} on a text of {len(sequence)} words; write the module's "
                    "forward with the layers that are known (see the guide on a model of your own)"
                )
        return apart

    def _invents(self, sequence: np.ndarray) -> bool:
        """Whether a text has unknown words, for which the module has no id."""
        return self.own.ids[1] < 0 and bool((sequence == 1).any())
