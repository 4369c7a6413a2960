"""Encoders: range-mapped word vectors (B, D, L) become spike trains (T, B, D', L).

Two mappings put a component x in [-1, 1] on non-negative channels first:

- ``split``: two channels, max(x, 0) and max(-x, 0); zeros and padding are silent.
- ``shift``: (1 + x) / 2 as in Lv et al. (ICLR 2023), and one more channel that spikes at every
  step on real tokens ("presence"), from which the shift is taken back exactly; padding is silent.
- ``none``: x itself, for analog (direct) input only.

Before that x may be amplified, clip(gain * x, -1, 1), and the weights take the gain back: T steps
have few levels, and word vectors fill the middle of [-1, 1] (`gain.py` chooses).

A code of `CODES` turns each value in [0, 1] into T frames: ``direct`` (the value at every step,
analog), ``poisson`` (Bernoulli draws), ``saf`` (sum and fire, deterministic), ``bitplane``,
``ttfs`` (one spike, early for a large value), which only a time-to-first-spike network can read,
or one that was added at run time. With a book of `BOOKS` the table of words holds bits, and these
are sent (`stored.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ...errors import InputError
from ...formatting import meant
from ...registry import UnknownNameError
from . import CODES, ENCODERS, MAPPINGS, STORED
from .books import BOOKS
from .code import Code
from .stored import Stored


def soft_threshold(x: Tensor, threshold: float) -> Tensor:
    """sign(x) * max(|x| - threshold, 0) of any shape: small components become zero, and silent.

    Source: Donoho 1995, De-noising by soft-thresholding.

    >>> soft_threshold(torch.tensor([-0.5, 0.25, 0.75]), 0.5).tolist()
    [-0.0, 0.0, 0.25]
    """
    return x.sign() * (x.abs() - threshold).clamp(min=0)


def code_named(name: str, slices: int = 0) -> Code:
    """The code of `CODES` called ``name``; of a book, the one that sends its ``slices`` of bits.

    Bits that are written need no book: of any other name, what there are ``slices`` of is sent.

    Raises:
        UnknownNameError: there is none.
    """
    if name in CODES:
        return CODES[name]
    if slices > 0 or name == STORED or name in BOOKS:
        return Stored(slices)
    raise UnknownNameError(
        f"expected the encoder to be of {', '.join(ENCODERS)}, but got {name!r}"
        f"{meant(str(name), ENCODERS)}"
    )


@dataclass(frozen=True)
class Encoder:
    """A code and a mapping: what turns word vectors into T frames.

    code: a name of `ENCODERS`, or `STORED` (any, of stored bits); mapping: ``split``, ``shift`` or
    ``none`` (for analog codes and stored bits); gain: what components are multiplied by before they
    are clipped to [-1, 1] and mapped; values that are sent as they are need no clipping; bits: how
    many a book writes (`books.book.Book.bits`), 0 for its own choice; slices: of stored bits, S, as
    the model's table holds them, 0 where it does not yet.

    Raises:
        InputError: an unknown code or mapping, a mapping that the code cannot use, a gain that
            is not a positive number, or bits that the book cannot write.
    """

    code: str = "saf"
    mapping: str = "split"
    gain: float = 1.0
    bits: int = 0
    slices: int = 0

    def __post_init__(self) -> None:
        coding = self.coding
        if self.mapping not in MAPPINGS:
            raise InputError(
                f"expected the mapping to be {', '.join(MAPPINGS)}, but got {self.mapping!r}"
            )
        if coding.looks_up:
            self._check_stored()
        elif self.bits:
            raise InputError(
                f"expected bits for a book of {', '.join(BOOKS)}, but the encoder is {self.code}: "
                "leave the bits out"
            )
        elif self.mapping == "none" and coding.spiking:
            raise InputError(
                f"the {self.code} code spikes, so it needs values in [0, 1]: "
                "choose the mapping split or shift, or the direct encoder"
            )
        if not (math.isfinite(self.gain) and self.gain > 0):
            raise InputError(f"expected a positive gain of the input, but got {self.gain}")

    def _check_stored(self) -> None:
        """Refuse what bits have no use for, and bits that the book cannot write."""
        if self.mapping != "none" or self.gain != 1:
            raise InputError(
                f"expected no mapping and no gain with the encoder {self.code}, whose bits are "
                f"sent as they are stored, but got the mapping {self.mapping} and the gain "
                f"{self.gain:g}: leave them out"
            )
        if self.code in BOOKS:
            BOOKS[self.code].check_bits(self.bits)

    @property
    def coding(self) -> Code:
        """The code itself, which answers what differs between codes."""
        return code_named(self.code, self.slices)

    @property
    def spiking(self) -> bool:
        """False where the frames are analog, as those of direct input."""
        return self.coding.spiking

    @property
    def stochastic(self) -> bool:
        """True where two runs differ unless the generator is seeded alike."""
        return self.coding.stochastic

    @property
    def exact(self) -> bool:
        """True where the frames are the values themselves."""
        return self.coding.exact

    @property
    def bernoulli(self) -> bool:
        """True where each value is the probability of its spikes, drawn position by position."""
        return self.coding.bernoulli

    @property
    def by_word(self) -> bool:
        """True where a word has the same frames wherever it stands."""
        return self.coding.by_word

    def check_steps(self, steps: int) -> None:
        """Raise `InputError` where the code cannot run for ``steps``."""
        self.coding.check_steps(steps)

    def worth(self, steps: int | None = None) -> float:
        """By what mean rates over T ``steps`` are multiplied to give values (`Code.worth`).

        Without T of codes alone whose spikes are worth the same at every T.

        Raises:
            ValueError: no T was given for another code.
        """
        if type(self.coding).worth is Code.worth:
            return 1.0
        if steps is None:
            raise ValueError(
                f"expected the steps T, by which spikes of the {self.code} code are worth more or "
                "less, but got none"
            )
        return self.coding.worth(steps)

    def unrounded(self, steps: int | None = None) -> Encoder:
        """The encoder that sends exactly what the mean of this one's T frames stands near to.

        That is the values of which it makes frames, over what a spike is worth.
        """
        if self.coding.looks_up:
            return MeanOfSlices("direct", "none", slices=self.slices)
        worth = self.worth(steps)
        if worth == 1:
            return replace(self, code="direct")
        return ExactRates("direct", self.mapping, self.gain, worth_of_rate=worth)

    def channels(self, dim: int) -> int:
        """Input channels D' of the SNN for word vectors of ``dim`` components."""
        dim = dim // max(self.slices, 1)
        return {"split": 2 * dim, "shift": dim + 1, "none": dim}[self.mapping]

    def amplified(self, x: Tensor) -> Tensor:
        """Vectors of any shape times the gain, within [-1, 1]; analog codes need no bound."""
        if self.gain == 1:
            return x
        return x * self.gain if self.exact else (x * self.gain).clamp(-1, 1)

    def map(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Put x (B, D, L) on non-negative channels: (B, D', L), padding exactly zero."""
        x = self.amplified(x)
        positions = torch.arange(x.shape[-1], device=x.device)
        real = (positions < lengths[:, None]).unsqueeze(1).to(x.dtype)  # (B, 1, L)
        if self.mapping == "split":
            x = torch.cat([x.clamp(min=0), (-x).clamp(min=0)], dim=1)
        elif self.mapping == "shift":
            x = torch.cat([(1 + x) / 2, torch.ones_like(x[:, :1])], dim=1)
        return x * real

    def fold(self, weight: Tensor, steps: int | None = None) -> Tensor:
        """Weights (C, D, k) or (C, D) for x, as weights (C, D', ...) for the mapped channels.

        split: x = p - n, so [W, -W]. shift: x = 2 x' - presence, so [2W, -sum_d W_d]. Both over
        the gain, and times what the mean rate over T ``steps`` is worth. Of S slices of bits, which
        are sent one after the other, the sum of their weights.
        """
        if self.slices:
            return weight.unflatten(1, (self.slices, -1)).sum(dim=1)
        worth = self.worth(steps)
        if worth != 1:
            weight = weight * worth
        if self.gain != 1:
            weight = weight / self.gain
        if self.mapping == "split":
            return torch.cat([weight, -weight], dim=1)
        if self.mapping == "shift":
            return torch.cat([2 * weight, -weight.sum(dim=1, keepdim=True)], dim=1)
        return weight

    def decode(self, values: Tensor) -> Tensor:
        """The inverse of :meth:`map`: mapped channels (..., D', L) to vectors (..., D, L).

        Of what a code makes of frames (`decoded`, `read`) it gives the vectors that they stand for.
        """
        if self.mapping == "split":
            positive, negative = values.chunk(2, dim=-2)
            values = positive - negative
        elif self.mapping == "shift":
            values = 2 * values[..., :-1, :] - values[..., -1:, :]
        return values if self.gain == 1 else values / self.gain

    def decoded(self, frames: Tensor) -> Tensor:
        """The vectors (..., D, L) that frames (T, ..., D', L) stand for, by the code's inverse."""
        return self.decode(self.coding.decode(frames))

    def read(self, frames: Tensor) -> Tensor:
        """The vectors (..., D, L) that the network reads of frames (T, ..., D', L).

        As the folded weights and the neurons behind them take them (`fold`, `Code.read`).
        """
        return self.decode(self.coding.read(frames))

    def encode(
        self,
        x: Tensor,
        lengths: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """Frames (T, B, D', L) of range-mapped vectors x (B, D, L).

        Args:
            x: vectors in [-1, 1], padding zero
            lengths: (B,) valid positions; the others stay silent
            steps: T
            generator: source of random draws
            shared_noise: one noise field for the whole batch (see `code.Code.encode`)
        """
        self.check_steps(steps)
        return self.coding.encode(self.map(x, lengths), steps, generator, shared_noise)

    @property
    def in_pieces(self) -> bool:
        """True where `pieces` never holds all T frames at once."""
        return self.coding.in_pieces

    def pieces(
        self,
        x: Tensor,
        lengths: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """The frames of `encode`, the same bits, in pieces of up to ``size`` steps."""
        self.check_steps(steps)
        yield from self.coding.pieces(self.map(x, lengths), steps, size, generator, shared_noise)

    def to_dict(self) -> dict[str, Any]:
        """The fields, JSON-able; those that change nothing are left out, as older models do."""
        usual = {"gain": 1, "bits": 0, "slices": 0}
        return {name: v for name, v in asdict(self).items() if v != usual.get(name)}


@dataclass(frozen=True)
class ExactRates(Encoder):
    """Direct input for weights that were folded for a code whose mean rates are worth more or less.

    worth_of_rate: by what these weights multiply a mean rate; values are sent divided by it
    """

    worth_of_rate: float = 1.0

    def worth(self, steps: int | None = None) -> float:
        """As `Encoder.worth`, whatever T is."""
        return self.worth_of_rate

    def map(self, x: Tensor, lengths: Tensor) -> Tensor:
        """As `Encoder.map`, over the worth."""
        return super().map(x, lengths) / self.worth_of_rate

    def decode(self, values: Tensor) -> Tensor:
        """As `Encoder.decode`, of values over the worth."""
        return super().decode(values * self.worth_of_rate)


@dataclass(frozen=True)
class MeanOfSlices(Encoder):
    """Direct input of what stored bits come to: the mean of a word's slices at every step."""

    def map(self, x: Tensor, lengths: Tensor) -> Tensor:
        """The mean (B, C, L) of S slices (B, S * C, L)."""
        return super().map(x, lengths).unflatten(1, (max(self.slices, 1), -1)).mean(dim=1)
