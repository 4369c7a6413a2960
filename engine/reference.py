"""What every engine answers, and the reference: the network's own nodes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..models.batches import by_length, to_batch
from ..models.network import Signal
from ..models.snn import SpikingTextModel, running_logits
from ..models.text_model import TextModel
from ..progress import bar
from ..seeds import generator
from ..text.inputs import as_sequences
from .exact_sums import exact_sums, products_as_on_cpu
from .grid import on_grid
from .plan import Unsupported

BATCH = 128


# a batch of an SNN holds at most this many input values over all steps (256 MB in float32)
MOST_VALUES = 1 << 26


class Counter(Protocol):
    """What counts on the signals of a run."""

    def update(self, record: dict[str, Signal]) -> None:
        """Add one batch of recorded signals."""


def snn_positions(model: SpikingTextModel) -> int:
    """How many padded positions one batch of ``model`` may hold."""
    return max(1, MOST_VALUES // (model.steps * 2 * model.embedding.embedding_dim))


@torch.no_grad()
def ann_logits(model: TextModel, sequences: Sequence[np.ndarray]) -> Tensor:
    """Logits (N, K) of id sequences, in their order, on the CPU.

    Raises:
        InputError: no sequences, something else (see `text.inputs.as_sequences`), or another kind
            of model.
    """
    sequences = checked_ids(model, sequences, TextModel)
    model.eval()
    rows: dict[int, Tensor] = {}
    for batch in by_length(sequences, BATCH):
        ids, lengths = to_batch([sequences[i] for i in batch], model)
        with products_as_on_cpu(ids.device):
            logits = model(ids, lengths).cpu()  # (B, K)
        rows.update(zip(batch, logits, strict=True))
    return torch.stack([rows[i] for i in range(len(sequences))])


def snn_logits(
    model: SpikingTextModel,
    sequences: Sequence[np.ndarray],
    seed: int = 0,
    shared_noise: bool = False,
    counter: Counter | None = None,
    progress: str | None = None,
) -> Tensor:
    """Running logits (T, N, K) of id sequences, in their order, by the network's own nodes.

    This is the reference that every engine agrees with (see `engines.make_engine`). The network
    runs on the device on which it lies; the answer is on the CPU.

    Args:
        model: the SNN
        sequences: id sequences
        seed: of the noise of a stochastic encoder
        shared_noise: one noise field for all texts (see `models.encoders.poisson`)
        counter: when given, counts spikes and operations
        progress: label of a progress bar, none without it

    Raises:
        InputError: no sequences, something else (see `text.inputs.as_sequences`), or another kind
            of model.
    """
    engine = ReferenceEngine(model, "fast", progress=progress)
    return engine.running_logits(sequences, seed, shared_noise, counter)


class Engine(Protocol):
    """What every engine offers."""

    @property
    def model(self) -> SpikingTextModel:
        """The model as it is run: on a grid where the precision is exact."""

    def running_logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        counter: Any = None,
    ) -> Tensor:
        """Running logits (T, N, K) of id sequences, in their order, on the CPU.

        ``counter`` counts spikes and operations: `models.operations.SpikeCounter`, for example.
        """

    def logits(
        self, sequences: Sequence[np.ndarray], seed: int = 0, shared_noise: bool = False
    ) -> Tensor:
        """Logits (N, K) after the last step."""


class ReferenceEngine:
    """The network's own nodes.

    Args:
        model: any SNN
        precision: ``exact`` puts it on a grid, where it has a front that can be
        reason: why no faster engine was taken, where that was not the user's wish
        progress: label of a progress bar, none without it
    """

    def __init__(
        self,
        model: SpikingTextModel,
        precision: str = "exact",
        reason: str = "",
        progress: str | None = None,
    ) -> None:
        self.model, self.reason, self.progress = model, reason, progress
        if precision == "exact":
            with suppress(Unsupported):  # then no other engine runs it, and none need agree
                self.model = on_grid(model)

    def currents(
        self,
        ids: Tensor,
        lengths: Tensor,
        noise: torch.Generator,
        shared_noise: bool,
        record: dict[str, Signal] | None = None,
    ) -> Tensor:
        """Output currents (T, B, K) of one batch; other engines run it in another way.

        Args:
            ids: (B, L), on the model's device
            lengths: (B,) valid positions
            noise: source of the draws of a stochastic encoder
            shared_noise: one noise field for the whole batch
            record: when given, filled with every node's output signal by name
        """
        return self.model(ids, lengths, noise, shared_noise, record=record)

    def counted(
        self,
        ids: Tensor,
        lengths: Tensor,
        noise: torch.Generator,
        shared_noise: bool,
        counter: Counter | None,
    ) -> Tensor:
        """As `currents`; a ``counter`` that is given is shown all signals."""
        record: dict[str, Signal] | None = None if counter is None else {}
        currents = self.currents(ids, lengths, noise, shared_noise, record)
        if counter is not None and record is not None:
            counter.update(record)
        return currents

    @torch.no_grad()
    def running_logits(
        self,
        sequences: Sequence[np.ndarray],
        seed: int = 0,
        shared_noise: bool = False,
        counter: Any = None,
    ) -> Tensor:
        """As `Engine.running_logits`: batch by batch, texts of similar lengths together."""
        sequences = checked_ids(self.model, sequences, SpikingTextModel)
        self.model.eval()
        rows: dict[int, Tensor] = {}
        batches = list(by_length(sequences, BATCH, snn_positions(self.model)))
        shown = bar(batches, desc=self.progress, shown=bool(self.progress), leave=False)
        for number, batch in enumerate(shown):
            ids, lengths = to_batch([sequences[i] for i in batch], self.model)
            noise = generator(seed, "noise", 0 if shared_noise else number)
            with exact_sums():
                currents = self.counted(ids, lengths, noise, shared_noise, counter)  # (T, B, K)
            logits = running_logits(currents).cpu().transpose(0, 1)  # (B, T, K)
            rows.update(zip(batch, logits, strict=True))
        return torch.stack([rows[i] for i in range(len(sequences))], dim=1)

    def logits(
        self, sequences: Sequence[np.ndarray], seed: int = 0, shared_noise: bool = False
    ) -> Tensor:
        """As `Engine.logits`."""
        return self.running_logits(sequences, seed, shared_noise)[-1]


def checked_ids(
    model: TextModel | SpikingTextModel, sequences: Sequence[np.ndarray], kind: type
) -> list[np.ndarray]:
    """Id sequences of a model's words, at least one; the model must be of ``kind``."""
    if not isinstance(model, kind):
        raise InputError(f"expected a {kind.__name__}, but got a {type(model).__name__}")
    checked = as_sequences(sequences, model.embedding.num_embeddings)
    if not checked:
        raise InputError("expected at least one text, but got none")
    return checked
