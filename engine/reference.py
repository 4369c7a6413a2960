"""What every engine answers, and the reference: the network's own nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..models.batches import by_length, to_batch
from ..models.devices import device_of
from ..models.network import Signal
from ..models.snn import SpikingTextModel, running_logits
from ..models.text_model import TextModel
from ..progress import bar
from ..seeds import generator
from ..text.inputs import as_read
from .exact_sums import exact_sums, products_as_on_cpu
from .grid import on_grid
from .plan import Unsupported

BATCH = 128


# a batch of an SNN holds at most this many input values over all steps (256 MB in float32)
MOST_VALUES = 1 << 26
# and a processor makes this many of them at a time (4 MB): every node works on a piece of time
PIECE_VALUES = 1 << 20


class Counter(Protocol):
    """What counts on the signals of a run.

    One that has ``pieces`` is given a batch in pieces of time, in their order, and has
    ``update(record, start)``, with the number of steps that came before; any other the whole run.
    """

    def update(self, record: dict[str, Signal]) -> None:
        """Add one batch of recorded signals."""


def snn_positions(model: SpikingTextModel) -> int:
    """How many padded positions one batch of ``model`` may hold."""
    return max(1, MOST_VALUES // (model.steps * model.input_values))


def ann_positions(model: TextModel) -> int:
    """How many padded positions one batch of an ANN may hold, with a few nodes' outputs."""
    return max(1, MOST_VALUES // (4 * model.embedding.embedding_dim))


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
    for batch in by_length(sequences, BATCH, ann_positions(model)):
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
        shared_noise: one noise field for all texts (see `models.encoders.codes.poisson`)
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
        if record is not None or not self.model.in_pieces:
            return self.model(ids, lengths, noise, shared_noise, record=record)
        return self._in_pieces(ids, lengths, noise, shared_noise, None)

    def _in_pieces(
        self,
        ids: Tensor,
        lengths: Tensor,
        noise: torch.Generator,
        shared_noise: bool,
        counter: Any,
    ) -> Tensor:
        """Output currents (T, B, K), few steps at a time, each of them shown to ``counter``."""
        out, start = None, 0
        size = max(1, self._piece_values // max(ids.shape[:2].numel() * self._inputs, 1))
        for record in self.model.pieces(ids, lengths, size, noise, shared_noise):
            if counter is not None:
                counter.update(record, start)
            currents = record[self.model.network.output].values  # (T', B, K)
            if out is None:  # one for all pieces: small ones between them would scatter memory
                out = currents.new_empty(
                    (self.model.pre_steps + self.model.steps, *currents.shape[1:])
                )
            out[start : start + len(currents)] = currents
            start += len(currents)
        assert out is not None
        return out[self.model.pre_steps :]

    @property
    def _inputs(self) -> int:
        """Channels of the input."""
        return self.model.input_values

    @property
    def _piece_values(self) -> int:
        """Input values of a piece; a GPU has room for a whole batch, and is faster with it."""
        return PIECE_VALUES if device_of(self.model).type == "cpu" else MOST_VALUES

    def _parts(self, ids: Tensor, lengths: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """A batch in parts of which one step fits a piece; draws are made for a batch as it is."""
        most = self._piece_values // max(ids.shape[1] * self._inputs, 1)
        size = len(ids) if self.model.encoder.stochastic else max(most, 1)
        yield from zip(ids.split(size), lengths.split(size), strict=True)

    def counted(
        self,
        ids: Tensor,
        lengths: Tensor,
        noise: torch.Generator,
        shared_noise: bool,
        counter: Counter | None,
    ) -> Tensor:
        """As `currents`; a ``counter`` that is given is shown all signals."""
        if counter is not None and getattr(counter, "pieces", False) and self.model.in_pieces:
            return self._in_pieces(ids, lengths, noise, shared_noise, counter)
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
        found: Tensor | None = None
        batches = list(by_length(sequences, BATCH, snn_positions(self.model)))
        shown = bar(batches, desc=self.progress, shown=bool(self.progress), leave=False)
        for number, batch in enumerate(shown):
            ids, lengths = to_batch([sequences[i] for i in batch], self.model)
            noise = generator(seed, "noise", 0 if shared_noise else number)
            with exact_sums():
                parts = [
                    self.counted(*part, noise, shared_noise, counter)
                    for part in self._parts(ids, lengths)
                ]
            currents = torch.cat(parts, dim=1)  # (T, B, K)
            logits = running_logits(currents).cpu()  # (T, B, K)
            if found is None:
                found = logits.new_empty((len(logits), len(sequences), logits.shape[2]))
            found[:, batch] = logits
        assert found is not None
        return found

    def logits(
        self, sequences: Sequence[np.ndarray], seed: int = 0, shared_noise: bool = False
    ) -> Tensor:
        """As `Engine.logits`."""
        return self.running_logits(sequences, seed, shared_noise)[-1]


def checked_ids(
    model: TextModel | SpikingTextModel, sequences: Sequence[np.ndarray], kind: type
) -> list[np.ndarray]:
    """Texts as a model reads them, at least one; the model must be of ``kind``."""
    if not isinstance(model, kind):
        raise InputError(f"expected a {kind.__name__}, but got a {type(model).__name__}")
    table = model.embedding
    checked = as_read(sequences, table.num_embeddings, table.embedding_dim)
    if not checked:
        raise InputError("expected at least one text, but got none")
    return checked
