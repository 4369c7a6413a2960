"""Noise fields of a Poisson code: the spikes of a word at a position, under the noise of a seed.

A field is drawn position after position (`models.encoders.codes.poisson`, shared), so the noise at
a position depends neither on the text's length nor on its words. For one seed the spike train of
word w at position p is therefore fixed, and the pair (p, w) is as good as a word of its own: its
rows in the table of projected words are made when it first occurs, and kept while there is room.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...seeds import generator
from ..exact_sums import exact_sums
from ..frames import mapped_rows
from ..inference.store import TokenStore
from ..inference.table import WordTable

FIELD_BYTES = 256 << 20  # the most that the fields of all seeds take together
KEPT_FIELDS = 64  # of so many seeds at most, as those of texts attacked before are not read again
AHEAD = 4  # positions are drawn so many at a time
SHIFT = 40  # no pair of a position and a word is as large as 2^40
SEEDS = 1 << 12  # seeds that are told apart; of an older one the rows are made again
TOGETHER = 1024  # frames that are projected at once: few enough for a near cache


class Placed(NamedTuple):
    """Words at positions of one field.

    noise: (P, T, D') of the field; positions: (n,) below P; words: (n,) ids
    """

    noise: Tensor
    positions: np.ndarray
    words: np.ndarray


def project_drawn(
    table: WordTable, store: TokenStore, slots: np.ndarray, placed: Sequence[Placed]
) -> None:
    """Project words under noise into the rows ``slots`` (n,) of a store, in their order."""
    front, at_once = table.front, max(1, TOGETHER // table.front.frames)
    words = np.concatenate([some.words for some in placed])
    starts = np.cumsum([0, *(len(some.words) for some in placed)]).tolist()
    frames = torch.empty(min(at_once, len(words)), front.frames, front.inputs)
    for low in range(0, len(words), at_once):
        high = min(low + at_once, len(words))
        rates = word_rates(table, words[low:high])  # (m, D')
        for some, (first, last) in zip(placed, pairwise(starts), strict=True):
            a, b = max(first, low), min(last, high)
            if a < b:
                positions = some.positions[a - first : b - first]
                out = frames[a - low : b - low]
                _draw(table, some.noise, positions, rates[a - low : b - low], out)
        _project(table, store, slots[low:high], frames[: high - low])


def word_rates(table: WordTable, words: np.ndarray) -> Tensor:
    """Spike probabilities (n, D') of word ids (n,)."""
    ids = torch.from_numpy(np.asarray(words, np.int64))
    return mapped_rows(table.front.encoder, table.front.model.embedding(ids).detach())


def _draw(
    table: WordTable, noise: Tensor, positions: np.ndarray, rates: Tensor, out: Tensor
) -> None:
    """Fill ``out`` (n, T, K) with the frames of words with ``rates`` (n, D') at positions (n,)."""
    if table.compiled:
        from .noise_kernels import spikes_of_noise

        signed = table.front.opposite
        spikes_of_noise(noise.numpy(), positions, rates.numpy(), signed, out.numpy())
    else:
        drawn = noise[torch.from_numpy(positions)]  # (n, T, D')
        out.copy_(table.front.signed((drawn < rates.unsqueeze(1)).float()))


@exact_sums()
def _project(table: WordTable, store: TokenStore, slots: np.ndarray, frames: Tensor) -> None:
    """Project frames (n, T, K) into the rows ``slots``: all taps in one product."""
    if not table.compiled or store.kind != np.float32:
        table.write(store, slots, frames)
        return
    from .noise_kernels import put_taps

    front = table.front
    product = (frames.flatten(0, 1) @ front.all_taps).view(*frames.shape[:2], -1).numpy()
    for start, bias, rows in zip(front.plan.offsets, front.biases, store.arrays, strict=True):
        put_taps(product, slots, start, bias, rows)


class Field:
    """The noise of one seed, (P, T, D'), drawn as far as it is read.

    Args:
        seed: as given to `reference.snn_logits`
        steps: T
        channels: D'
    """

    def __init__(self, seed: int, steps: int, channels: int) -> None:
        self.generator = generator(seed, "noise", 0)
        self.values = torch.empty(0, steps, channels)

    def reach(self, positions: int, exactly: bool = False) -> Tensor:
        """The noise (P, T, D') of at least ``positions`` positions, or of just as many."""
        if positions > len(self.values):
            more = positions - len(self.values)
            more = more if exactly else -(-more // AHEAD) * AHEAD
            before = self.generator.get_state()
            try:
                drawn = torch.rand((more, *self.values.shape[1:]), generator=self.generator)
                self.values = torch.cat([self.values, drawn]) if len(self.values) else drawn
            except BaseException:  # out of memory, Ctrl-C: the next call draws the same
                self.generator.set_state(before)
                raise
        return self.values

    @property
    def bytes(self) -> int:
        """Bytes of what is drawn so far."""
        return self.values.nbytes


class DrawnRows:
    """Table rows of words at positions, for any number of seeds, in the store of a table.

    A pair is the number ``position * V + word``. A row's key is the pair and the number of its
    seed.

    Args:
        table: whose front projects the frames; its code is drawn at random
        field_bytes: the most bytes of noise that is kept to be read again
    """

    def __init__(self, table: WordTable, field_bytes: int = FIELD_BYTES) -> None:
        self.table, self.field_bytes = table, field_bytes
        model, encoder = table.front.model, table.front.encoder
        self.words, self.steps = model.embedding.num_embeddings, model.steps
        self.channels = encoder.channels(model.embedding.embedding_dim)
        self._numbers: OrderedDict[int, int] = OrderedDict()  # by seed
        self._seeds = 0  # seeds met so far
        self._fields: OrderedDict[int, Field] = OrderedDict()  # by seed, the last used at the end
        self._held = 0  # bytes of all fields

    def ids(self, sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The pairs of each text, int64."""
        longest = max((len(ids) for ids in sequences), default=0)
        starts = np.arange(longest, dtype=np.int64) * self.words
        return [np.asarray(ids, np.int64) + starts[: len(ids)] for ids in sequences]

    def rows_of(self, pairs: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
        """Rows of the store (S, n) for pairs (n,) under each seed, projected where they are new.

        The next call may give them to other pairs.
        """
        few, places = np.unique(pairs, return_inverse=True)
        numbers = np.array([self._number(seed) for seed in seeds], np.int64)
        keys = (numbers[:, None] << SHIFT) + few  # (S, m); those of a seed follow each other
        seed_of = dict(zip(numbers.tolist(), seeds, strict=True))
        rows = self.table.store.rows_of(keys.reshape(-1), lambda new: self._fill(new, seed_of))
        return rows.reshape(keys.shape)[:, places]

    def _fill(self, new: np.ndarray, seed_of: dict[int, int]) -> None:
        """Project sorted keys that have no row yet."""
        numbers, pairs = new >> SHIFT, new & ((1 << SHIFT) - 1)
        positions, words = np.divmod(pairs, self.words)
        placed = []
        for number in np.unique(numbers):
            low, high = np.searchsorted(numbers, [number, number + 1])
            noise = self._noise(seed_of[int(number)], int(positions[low:high].max()) + 1)
            placed.append(Placed(noise, positions[low:high], words[low:high]))
        project_drawn(self.table, self.table.store, self.table.store.assign(new), placed)

    def _noise(self, seed: int, positions: int) -> Tensor:
        """The noise (P, T, D') of a seed, at least so many positions of it."""
        field = self._fields.pop(seed, None)
        if field is None:
            field = Field(seed, self.steps, self.channels)
        self._fields[seed] = field
        before = field.bytes
        values = field.reach(positions)
        self._held += field.bytes - before
        while len(self._fields) > 1 and (
            self._held > self.field_bytes or len(self._fields) > KEPT_FIELDS
        ):
            self._held -= self._fields.popitem(last=False)[1].bytes
        return values

    def _number(self, seed: int) -> int:
        """A number for a seed, which no other seed has or had."""
        number = self._numbers.pop(seed, None)
        if number is None:
            number, self._seeds = self._seeds, self._seeds + 1
        self._numbers[seed] = number
        if len(self._numbers) > SEEDS:
            self._numbers.popitem(last=False)
        return number
