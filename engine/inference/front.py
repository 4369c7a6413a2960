"""The front of one network, ready to project words: weights by tap, frames by word, potentials.

Where both channels of the split mapping have opposite weights, as in every converted network that
was not fine-tuned, x = p - n is projected by the weights of p alone: half the work, and on a grid
the same sums.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...models.encoders.encoder import Encoder
from ...models.network import Node
from ...models.neurons.base import Neurons
from ...models.nodes.layers import Conv1d
from ...models.snn import SpikingTextModel
from ..compiled.layer import RULES, Layer
from ..exact_sums import exact_sums
from ..frames import distinct_frames, frame_count, frame_order, mapped_rows
from ..grid import GridConv1d
from ..plan import Plan, Unsupported
from ..processor import has_int8_products
from ..projection import convolutions
from .store import TokenStore

SHORTEST = 14  # int16 holds no finer multiples of any use
TOGETHER = 8000  # rows whose products with all taps of a branch fit a near cache
FRAME_VALUES = 1 << 21  # frame values that are made at once (8 MB), to be read from a near cache
CHUNK = 1 << 22  # frame values that are projected at once (16 MB)


class Front:
    """What the engine needs of the first layers of ``model``.

    Attributes:
        order: (T,) the frame of each step; frames: F; inputs: K, channels that are projected
        live: (K, k) synapses of each branch that are there, None where all are
        short_bits: k where all rows are multiples of 2^-k that fit int16, else None
        biases, initial: (C,) float32 of each branch; soft: its reset
    """

    def __init__(self, model: SpikingTextModel, plan: Plan) -> None:
        if not isinstance(model.encoder, Encoder):
            raise Unsupported(f"{type(model.encoder).__name__} is an encoder of another kind")
        self.model, self.plan, self.encoder = model, plan, model.encoder
        self.order = np.array(frame_order(self.encoder, model.steps), dtype=np.int64)
        self.frames = frame_count(self.encoder, model.steps)
        convs = convolutions(model.network, plan)
        self.opposite = self.encoder.mapping == "split" and all(map(_opposite, convs))
        self.inputs = convs[0].inputs // (2 if self.opposite else 1)  # K
        self.grids = [conv if isinstance(conv, GridConv1d) else None for conv in convs]
        self.taps = [self._matrices(conv.weight.detach(), conv) for conv in convs]
        self.together = [torch.cat(taps, dim=1) for taps in self.taps]
        self.all_taps = torch.cat(self.together, dim=1)  # (K, taps) of all branches
        coarse = [conv.coarse_bits for conv in self.grids if conv is not None]
        self.coarse_bits = min(coarse) if coarse else None
        self.biases = [conv.bias.detach().numpy().copy() for conv in convs]
        self.live = [self._live(model.network.node(branch.conv)) for branch in plan.branches]
        self.short_bits = short_bits(convs) if self.encoder.spiking else None
        if self.short_bits is not None:
            self._take_short(self.short_bits)
        neurons = [model.network.node(branch.neurons) for branch in plan.branches]
        self.initial = [
            _initial(n, b.channels) for n, b in zip(neurons, plan.branches, strict=True)
        ]
        self.soft = [isinstance(n, Neurons) and n.soft_reset for n in neurons]

    def layers(self, exact: bool) -> list[Layer]:
        """The branches as kernels read them; ``exact``: sums are the same in any order."""
        return [
            Layer(
                rule=RULES[branch.rule],
                width=branch.width,
                left=branch.padding[0],
                right=branch.padding[1],
                soft=self.soft[b],
                exact=exact,
                one=np.float32(1),
                initial=self.initial[b],
                order=self.order,
            )
            for b, branch in enumerate(self.plan.branches)
        ]

    def _matrices(self, weight: Tensor, conv: Conv1d) -> list[Tensor]:
        """``weight`` (C, D', k) of ``conv`` as one matrix (K, C) for each tap."""
        if self.opposite:
            weight = weight[:, : weight.shape[1] // 2]
        return [weight[:, :, j].T.contiguous() for j in range(conv.width)]

    def _live(self, conv: Node) -> Tensor | None:
        """Synapses (K, k) of each projected channel and tap; None where none is missing."""
        assert isinstance(conv, Conv1d)
        live = conv.live()
        return live if live is None else live[: self.inputs].double()

    def signed(self, frames: Tensor) -> Tensor:
        """Frames (..., D') as the projection reads them: (..., K)."""
        if not self.opposite:
            return frames
        half = frames.shape[-1] // 2
        return frames[..., :half] - frames[..., half:]

    def note(self, store: TokenStore, slots: np.ndarray, frames: Tensor) -> None:
        """Keep what frames (n, F, K) of the rows ``slots`` send: spikes, and synapses reached."""
        # of p and n at most one is not zero, so x = p - n has as many spikes as both
        store.spikes[slots] = frames.count_nonzero(2).numpy()
        for branch, live in enumerate(self.live):
            if live is not None:  # whole numbers below 2^24
                store.work_of(branch)[slots] = ((frames != 0).double() @ live).numpy()

    @property
    def words_at_once(self) -> int:
        """Of how many words frames should be made at once: at least one."""
        return max(1, FRAME_VALUES // (self.frames * self.inputs))

    def word_frames(self, words: Tensor, compiled: bool) -> Tensor:
        """Distinct frames (N, F, K) of word ids (N,)."""
        vectors, steps = self.model.embedding(words).detach(), self.model.steps  # (N, D)
        # where x = p - n is projected, the code of |x| with the sign of x is the code of p and n
        if self.opposite:
            rows = self.encoder.amplified(vectors.clamp(-1, 1))
        else:
            rows = mapped_rows(self.encoder, vectors)
        if self.encoder.exact and self.frames == 1:  # the values themselves, sign and all
            return rows.unsqueeze(1)
        if self.opposite and not self.encoder.coding.elementwise:
            frames = distinct_frames(self.encoder, mapped_rows(self.encoder, vectors), steps)
            return self.signed(frames).transpose(0, 1).contiguous()
        signs = torch.where(rows < 0, -1.0, 1.0)
        values = rows.abs() if self.opposite else rows
        if compiled and self.encoder.coding.sum_and_fire:
            return self._sum_and_fire(values, signs)
        frames = distinct_frames(self.encoder, values, steps)  # (F, N, K)
        if self.opposite:
            frames = frames * signs
        return frames.transpose(0, 1).contiguous()

    def _sum_and_fire(self, rows: Tensor, signs: Tensor) -> Tensor:
        """Sum and fire by a kernel, without a temporary (N, K) for every step."""
        from .kernels import sum_and_fire

        frames = torch.empty(len(rows), self.frames, rows.shape[1])
        sum_and_fire(rows.numpy(), signs.numpy(), frames.numpy())
        return frames

    @torch.no_grad()
    @exact_sums()
    def project(self, frames: Tensor, parts: list[Tensor]) -> None:
        """Write the rows of frames (N, F, K) into ``parts``, (k, N, F, C) of every branch.

        Where most frames are silent, as of a code that gives every word a step of its own, only
        the others are multiplied.
        """
        count, steps, size = frames.shape
        chunk = max(1, CHUNK // max(steps * size, 1))
        for start in range(0, count, chunk):
            rows = frames[start : start + chunk].reshape(-1, size)
            outs = [part[:, start : start + chunk].flatten(1, 2) for part in parts]  # (k, n * F, C)
            busy = None if self.encoder.by_word else rows.any(dim=1).nonzero()[:, 0]
            if busy is None or 2 * len(busy) > len(rows):
                self._project_rows(rows, outs)
                continue
            some = [out.new_empty(out.shape[0], len(busy), out.shape[2]) for out in outs]
            if len(busy):
                self._project_rows(rows[busy], some)
            for b, (out, part) in enumerate(zip(outs, some, strict=True)):
                out.zero_()
                out[0] += self._bias(b, out.dtype)
                out[:, busy] = part

    def _project_rows(self, rows: Tensor, outs: list[Tensor]) -> None:
        """Rows (n, K) through all taps, into (k, n, C) of every branch."""
        if outs[0].dtype == torch.int16:
            self._project_short(rows, outs)
            return
        analog = self.coarse_bits is not None and not _on_grid(rows, self.coarse_bits)
        for b, out in enumerate(outs):
            if analog:
                self._add_exactly(b, rows, out)
            else:
                self._add_up(b, rows, out)
            out[0] += self._bias(b, out.dtype)

    def _bias(self, branch: int, kind: torch.dtype) -> Tensor:
        """The bias (C,) of a branch, as rows of ``kind`` have it."""
        if kind == torch.int16:
            return self.short_biases[branch]
        return torch.from_numpy(self.biases[branch])

    def _add_up(self, branch: int, rows: Tensor, out: Tensor) -> None:
        """Products (k, n, C) in float32: taps apart, or together where they fit a near cache."""
        taps = self.taps[branch]
        if rows.shape[0] > TOGETHER:
            for j, matrix in enumerate(taps):
                torch.mm(rows, matrix, out=out[j])
        else:
            product = rows @ self.together[branch]  # (n, k * C)
            out.copy_(product.view(len(rows), len(taps), -1).transpose(0, 1))

    def _project_short(self, rows: Tensor, outs: list[Tensor]) -> None:
        """Rows in whole multiples of 2^-short_bits, (k, n, C) int16.

        Weights of 8 bits meet the spikes in int8, with sums in int32, where the processor has
        instructions for it; elsewhere in float32, which is as exact.
        """
        whole = rows.to(self.short_taps[0][0].dtype)
        product = torch._int_mm if whole.dtype == torch.int8 else torch.mm
        for taps, bias, out in zip(self.short_taps, self.short_biases, outs, strict=True):
            for j, matrix in enumerate(taps):
                out[j].copy_(product(whole, matrix))
            out[0] += bias

    def _take_short(self, bits: int) -> None:
        """Weights and biases in whole multiples of 2^-bits."""
        largest = max(float(matrix.abs().max()) for taps in self.taps for matrix in taps)
        small = largest * 2.0**bits <= 127 and has_int8_products()
        kind = torch.int8 if small else torch.float32
        self.short_taps = [[(m * 2.0**bits).to(kind) for m in taps] for taps in self.taps]
        scaled = [torch.from_numpy(bias) * 2.0**bits for bias in self.biases]
        self.short_biases = [bias.to(torch.int16) for bias in scaled]

    def _add_exactly(self, branch: int, rows: Tensor, out: Tensor) -> None:
        """The sums of analog input in float64, each rounded to its channel's grid: (k, n, C)."""
        conv = self.grids[branch]
        assert conv is not None
        # a power of two changes no digit, so the weights can carry the grid's scale
        weights = torch.cat(self._matrices(conv.exact, conv), dim=1)
        scaled = conv.rounded(rows) @ (weights * conv.scale.repeat(conv.width))  # (n, k * C)
        shape = (len(rows), conv.width, conv.channels)
        torch.div(scaled.round_().view(shape).transpose(0, 1), conv.scale, out=out)


def _on_grid(rows: Tensor, bits: int) -> bool:
    """Whether all numbers are multiples of 2^-bits."""
    return bits >= 0 and not bool((rows * 2.0**bits).frac_().any())


def short_bits(convs: Sequence[Conv1d]) -> int | None:
    """The least k for which all projections of spikes are whole multiples of 2^-k within int16.

    That holds for networks with weights of few bits, as chips have them: of 8 bits for example. Of
    trained float32 weights on a grid, rows need about 20 bits.
    """
    smallest, largest = SHORTEST, 0.0
    for conv in convs:
        for numbers in (conv.weight.detach().double(), conv.bias.detach().double()):
            units = numbers * 2.0**SHORTEST
            if not torch.equal(units, units.round()):
                return None
            whole = units.abs().to(torch.int64)
            lowest = whole & -whole  # the largest power of two that divides a number
            if whole.any():
                smallest = min(smallest, int(lowest[lowest > 0].min()).bit_length() - 1)
        weight, bias = conv.weight.detach().double(), conv.bias.detach().double()
        sides = torch.maximum(weight.clamp(min=0).sum(1), (-weight).clamp(min=0).sum(1))  # (C, k)
        sides[:, 0] += bias.abs()
        largest = max(largest, float(sides.max()))
    bits = SHORTEST - smallest
    return bits if largest * 2.0**bits <= np.iinfo(np.int16).max else None


def _opposite(conv: Conv1d) -> bool:
    """Whether the weights of the second half of the inputs are those of the first, negated."""
    half = conv.inputs // 2
    return torch.equal(conv.weight[:, :half], -conv.weight[:, half:])


def _initial(node: object, channels: int) -> np.ndarray:
    """V(0) of a branch, (C,) float32."""
    assert isinstance(node, Neurons)
    if isinstance(node.initial, list) and len(node.initial) != channels:
        node.initial_on(torch.zeros(1, 1, channels))  # its own error
    return np.broadcast_to(np.array(node.initial, dtype=np.float32), (channels,)).copy()
