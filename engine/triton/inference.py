"""A spiking text model on a GPU: words projected once, the rest of the work in fused kernels."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...models.encoders.encoder import Encoder
from ...models.network import Signal
from ...models.nodes.layers import Conv1d
from ...models.snn import SpikingTextModel
from ..exact_sums import exact_sums
from ..frames import TokenFrames, frame_count, frame_order, position_frames, token_frames
from ..plan import plan_of, run_rest
from ..projection import convolutions, project
from ..reference import ReferenceEngine
from .front import LINE, front_branches, import_kernels, pooled_signals, with_whole_lines
from .tally import Batch, FrontWork

TABLE_BYTES = 2 << 30
# words are projected in groups whose frames take at most this many bytes
GROUP_BYTES = 256 << 20


# a table (R, F, taps), its nonzero input channels (R, F), and the rows of a batch (B, L)
Rows = tuple[Tensor, Tensor, Tensor]


class TritonEngine:
    """Output currents of a spiking text model, computed by the kernels of `front.py`.

    The projections of the words that were seen are kept on the model's device, in a table of
    bounded size; when it is full, it starts anew with the words of the batch. It is thrown away
    when the weights of the first layer or the number of steps change.

    Args:
        model: on the device where it is to run; for exact results on a grid (`grid.on_grid`)
        table_bytes: the most bytes that the table takes

    Raises:
        Unsupported: the network has no front of convolutions on words.
        SnnConvertError: triton is not installed.
    """

    def __init__(self, model: SpikingTextModel, table_bytes: int = TABLE_BYTES) -> None:
        import_kernels()
        assert isinstance(model.encoder, Encoder)
        self.model, self.encoder, self.table_bytes = model, model.encoder, table_bytes
        self.plan = plan_of(model.network)
        self.reset()

    def reset(self) -> None:
        """Forget all words."""
        self._key: tuple[int, ...] = ()
        self._used = 0
        self._table = self._spikes = torch.empty(0)
        self._slots = torch.empty(0, dtype=torch.int64)

    @torch.no_grad()
    def currents(
        self,
        ids: Tensor,
        lengths: Tensor,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
        steps: int | None = None,
        counter: Any = None,
    ) -> Tensor:
        """Output currents (T, B, K) of padded ids (B, L), as `SpikingTextModel.forward` gives them.

        Args:
            ids: (B, L), on the model's device
            lengths: (B,) valid positions, on the model's device
            generator: source of the Poisson draws
            shared_noise: one noise field for the whole batch
            steps: T; the model's where None
            counter: when given, counts spikes and operations (`SpikeCounter.tally`)
        """
        steps = steps or self.model.steps
        with torch.cuda.device_of(ids), exact_sums():  # triton launches on the current GPU
            if self.encoder.by_word:
                table, spikes, rows = self._words(ids, steps)
            else:
                table, spikes, rows = self._positions(ids, lengths, generator, shared_noise, steps)
            order = frame_order(self.encoder, steps)
            branches = front_branches(self.model.network, self.plan)
            pooled = pooled_signals(table, rows, lengths, order, branches)
            record: dict[str, Signal] | None = None if counter is None else {}
            currents = run_rest(self.model.network, self.plan, pooled, record=record)
            if counter is not None:
                batch = Batch(rows, lengths)
                work = FrontWork.of(self.plan, self.encoder.spiking, order, spikes, batch)
                counter.tally(len(ids), work.input_spikes(), record, work.known(pooled))
            return currents

    def _positions(
        self,
        ids: Tensor,
        lengths: Tensor,
        generator: torch.Generator | None,
        shared_noise: bool,
        steps: int,
    ) -> Rows:
        """A row for every position, and the rows (B, L)."""
        x = self.model.embed(ids)  # (B, D, L)
        frames = position_frames(self.encoder, x, lengths, steps, generator, shared_noise)
        rows = torch.arange(ids.numel(), device=ids.device).reshape(ids.shape)
        return self._project(frames), nonzero(frames), rows

    def _words(self, ids: Tensor, steps: int) -> Rows:
        """Rows that hold the words of ``ids`` (B, L), and which of them each word has (B, L)."""
        self._prepare(steps)
        words = ids.unique()
        missing = words[self._slots[words] < 0]
        if self._used + len(missing) > len(self._table):
            self._slots.fill_(-1)
            self._used, missing = 0, words
        if len(missing) > len(self._table):  # the batch alone is larger than the table
            return *self._rows(words, steps), torch.searchsorted(words, ids)
        if len(missing):
            new = slice(self._used, self._used + len(missing))
            self._table[new], self._spikes[new] = self._rows(missing, steps)
            self._slots[missing] = torch.arange(len(missing), device=ids.device) + self._used
            self._used += len(missing)
        return self._table, self._spikes, self._slots[ids]

    def _prepare(self, steps: int) -> None:
        """Start a new table where the one there is does not fit weights, device or steps."""
        weights = [conv.weight for conv in convolutions(self.model.network, self.plan)]
        device = weights[0].device
        key = (steps, *(n for w in weights for n in (w.data_ptr(), w._version)))
        if key == self._key:
            return
        self.reset()
        words = self.model.embedding.num_embeddings
        shape = (frame_count(self.encoder, steps), self.plan.taps + -self.plan.taps % LINE)
        room = min(words, self.table_bytes // (4 * shape[0] * shape[1]))
        self._table = torch.empty((room, *shape), device=device)
        self._spikes = torch.empty((room, shape[0]), dtype=torch.int32, device=device)
        self._slots = torch.full((words,), -1, device=device)
        self._key = key

    def _rows(self, words: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Table rows (N, F, taps) of words (N,), and their nonzero channels (N, F)."""
        vectors = self.model.embedding(words)  # (N, D)
        size = 4 * frame_count(self.encoder, steps) * self.encoder.channels(vectors.shape[1])
        groups = vectors.split(max(GROUP_BYTES // size, 1))
        frames = (token_frames(self.encoder, group, steps) for group in groups)
        parts = [(self._project(some), nonzero(some)) for some in frames]
        return torch.cat([rows for rows, _ in parts]), torch.cat([spikes for _, spikes in parts])

    def _project(self, frames: TokenFrames) -> Tensor:
        return with_whole_lines(project(self.model.network, self.plan, frames)).contiguous()


def nonzero(frames: TokenFrames) -> Tensor:
    """How many channels of each token and frame are not zero: (N, F) int32."""
    return frames.values.count_nonzero(dim=2).t().int()


class GpuEngine(ReferenceEngine):
    """Fused kernels on the GPU that holds the model.

    Args:
        model: the SNN, on its device
        precision: as `ReferenceEngine`
        progress: label of a progress bar, none without it

    Raises:
        Unsupported: the network has no front that the kernels know.
        SnnConvertError: triton is not installed.
    """

    def __init__(
        self, model: SpikingTextModel, precision: str = "exact", progress: str | None = None
    ) -> None:
        super().__init__(model, precision, progress=progress)
        self.kernels = TritonEngine(self.model)

    def currents(
        self,
        ids: Tensor,
        lengths: Tensor,
        noise: torch.Generator,
        shared_noise: bool,
        record: dict[str, Signal] | None = None,
    ) -> Tensor:
        """As `ReferenceEngine.currents`; what is recorded runs in the network's own nodes."""
        if record is not None:
            return super().currents(ids, lengths, noise, shared_noise, record)
        return self.kernels.currents(ids, lengths, noise, shared_noise)

    def counted(
        self,
        ids: Tensor,
        lengths: Tensor,
        noise: torch.Generator,
        shared_noise: bool,
        counter: Any,
    ) -> Tensor:
        """As `ReferenceEngine.counted`; sums are counted from words, without the signals.

        Where synapses are missing a word's spikes do not say what they reach: the nodes count.
        """
        branches = self.kernels.plan.branches
        convs = [self.model.network.node(branch.conv) for branch in branches]
        missing = any(isinstance(conv, Conv1d) and conv.live() is not None for conv in convs)
        if missing or not hasattr(counter, "tally"):
            return super().counted(ids, lengths, noise, shared_noise, counter)
        return self.kernels.currents(ids, lengths, noise, shared_noise, counter=counter)
