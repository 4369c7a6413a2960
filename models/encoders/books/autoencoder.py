"""Binary word vectors by an autoencoder: the sign of K learned projections.

Source: Tissier, Gravier and Habrard, AAAI 2019, "Near-lossless Binarization of Word Embeddings".
Kept of theirs: the encoder is a Heaviside step of W x, the decoder is tied to it (W transposed),
and 1/2 |W^T W - I|^2 keeps the rows of W apart. Changed: a bias before the step; W learns through
the step too (straight-through), which theirs learns by the decoder alone; and the decoder is
linear, where theirs ends in tanh, since a linear one folds into the layer that reads the bits.
After training the tied decoder gives way to the read-out of the least squared error.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ....errors import InputError
from ....seeds import generator
from .book import Book, Writing
from .readout import fit_readout, unexplained

EPOCHS, BATCH, RATE = 6, 256, 1e-2
LEAST_UPDATES = 400  # of few words: more epochs
REGULARISER = 1e-2
WINDOW = 0.5  # the gradient passes where a projection is nearer to its threshold than this


@dataclass(frozen=True)
class BinaryVectors:
    """What the autoencoder learned of V words.

    bits: (V, K) uint8; decoder: (D, K) and offset: (D,), so that x is nearly decoder @ b + offset;
    projection: (K, D) and bias: (K,), the encoder, b = [projection @ x + bias > 0];
    error: the squared error as a share of the variance, 0 without loss (`readout.unexplained`).
    """

    bits: Tensor
    decoder: Tensor
    offset: Tensor
    projection: Tensor
    bias: Tensor
    error: float

    def encode(self, vectors: Tensor) -> Tensor:
        """Bits (N, K) uint8 of other vectors (N, D)."""
        return step(vectors, self.projection, self.bias)

    def decode(self, bits: Tensor) -> Tensor:
        """Vectors (N, D) of bits (N, K)."""
        return bits.to(self.decoder.dtype) @ self.decoder.T + self.offset


def step(vectors: Tensor, projection: Tensor, bias: Tensor) -> Tensor:
    """The bits (N, K) uint8 of vectors (N, D): 1 where a projection is above its threshold."""
    return (vectors @ projection.T + bias > 0).to(torch.uint8)


def fit_autoencoder(
    vectors: Tensor,
    bits: int = 256,
    seed: int = 0,
    weights: Tensor | None = None,
    epochs: int = EPOCHS,
) -> BinaryVectors:
    """Learn K bits for each of V word vectors; 30,000 of 300 components take about 20 s on a core.

    Args:
        vectors: (V, D) of the words to learn from, at least one, without padding
        bits: K, at least 1; the paper has 64, 128, 256 and 512
        seed: of the first weights and of the order of words
        weights: (V,) how much each word counts, not all zero, such as how often it occurs; it is
            drawn so much more often; alike without it
        epochs: V words are drawn so often; more where these are few updates

    Raises:
        InputError: no words, no bits, or weights that are none.
    """
    _check(vectors, bits, weights)
    x = vectors.detach().float()  # (V, D)
    share = torch.ones(len(x)) if weights is None else weights.detach().cpu().float()
    centre = (share / share.sum()) @ x  # (D,)
    width = (x - centre).square().mean().sqrt().clamp(min=1e-12)
    projection, bias = _learn((x - centre) / width, bits, seed, share, epochs)
    projection = projection / width
    bias = bias - projection @ centre
    code = step(x, projection, bias)
    decoder, offset = fit_readout(code, x, share)
    error = unexplained(code.float() @ decoder.T + offset, x, share)
    return BinaryVectors(code, decoder, offset, projection, bias, error)


def _check(vectors: Tensor, bits: int, weights: Tensor | None) -> None:
    """Refuse what nothing can be learned from."""
    if vectors.dim() != 2 or not vectors.numel():
        raise InputError(
            f"expected word vectors (V, D) to make bits of, but got {tuple(vectors.shape)}"
        )
    if bits < 1:
        raise InputError(f"expected 1 bit a word or more, but got {bits}")
    if weights is not None and (
        weights.shape != vectors.shape[:1] or bool((weights < 0).any()) or not weights.sum() > 0
    ):
        raise InputError(
            f"expected a weight of 0 or more for each of {len(vectors)} words, not all 0, but got "
            f"{tuple(weights.shape)} weights with the sum {float(weights.sum()):g}"
        )


def _learn(x: Tensor, bits: int, seed: int, share: Tensor, epochs: int) -> tuple[Tensor, Tensor]:
    """Projection (K, D) and bias (K,) for standardised vectors (V, D)."""
    random = generator(seed, "books", "autoencoder", bits)
    dim = x.shape[1]
    projection = torch.randn(bits, dim, generator=random) / dim**0.5
    bias, offset, scale = torch.zeros(bits), torch.zeros(dim), torch.ones(())
    learned = [part.requires_grad_() for part in (projection, bias, offset, scale)]
    optimiser = torch.optim.Adam(learned, lr=RATE)
    updates = max(epochs * -(-len(x) // BATCH), LEAST_UPDATES)
    falling = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, updates)
    for _ in range(updates):
        words = torch.multinomial(share, min(BATCH, len(x)), replacement=True, generator=random)
        loss = _loss(x[words], projection, bias, offset, scale)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        falling.step()
    return projection.detach(), bias.detach()


def _loss(x: Tensor, projection: Tensor, bias: Tensor, offset: Tensor, scale: Tensor) -> Tensor:
    """The mean squared error of a batch (B, D), and the regulariser."""
    before = x @ projection.T + bias  # (B, K)
    soft = (before / (2 * WINDOW) + 0.5).clamp(0, 1)
    code = (before > 0).to(x.dtype) + soft - soft.detach()
    error = ((code - 0.5) @ (projection * scale) + offset - x).square().mean()
    # the smaller of the two Gram matrices: they have the same eigenvalues, but for zeros
    wide = projection.shape[0] < projection.shape[1]
    gram = projection @ projection.T if wide else projection.T @ projection
    away = (gram - torch.eye(len(gram))).square().sum()
    return error + REGULARISER * away / (2 * x.shape[1])


@dataclass(frozen=True)
class _Projections(Writing):
    """The encoder and the read-out of an autoencoder."""

    found: BinaryVectors

    def write(self, vectors: Tensor) -> Tensor:
        """As `Writing.write`."""
        return self.found.encode(vectors)

    def decode(self, bits: Tensor) -> Tensor:
        """As `Writing.decode`."""
        return self.found.decode(bits)


class Autoencoder(Book):
    """K bits a word, learned."""

    bits, bits_of, least, most = 256, "word", 1, 4096

    def fit(self, vectors: Tensor, weights: Tensor, bits: int, seed: int) -> Writing:
        """As `Book.fit`."""
        return _Projections(fit_autoencoder(vectors, bits, seed, weights))


BOOK = Autoencoder()
