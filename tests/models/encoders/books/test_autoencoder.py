"""The autoencoder: bits of its own encoder, better than bits by chance, and the paper's sizes."""

import pytest
import torch

from snnconvert.errors import InputError
from snnconvert.models.encoders.books.autoencoder import fit_autoencoder
from snnconvert.models.encoders.books.readout import fit_readout, unexplained


def vectors(rows: int = 400, dim: int = 20, seed: int = 0) -> torch.Tensor:
    """Correlated vectors, as those of words are."""
    random = torch.Generator().manual_seed(seed)
    mixed = torch.randn(dim, dim, generator=random) * torch.linspace(1, 0.1, dim)
    return (torch.randn(rows, dim, generator=random) @ mixed.T / 8 + 0.1).clamp(-1, 1)


def test_readout_is_least_squares() -> None:
    """Of bits that hold the vectors without loss it finds the map, whatever the weights."""
    random = torch.Generator().manual_seed(1)
    bits = torch.randint(0, 2, (200, 7), generator=random)
    true = torch.randn(3, 7, generator=random)
    x = bits.float() @ true.T + 0.25
    for weights in (None, torch.rand(200, generator=random) + 0.1):
        readout, offset = fit_readout(bits, x, weights, ridge=0)
        assert torch.allclose(readout, true, atol=1e-5)
        assert torch.allclose(offset, torch.full((3,), 0.25), atol=1e-5)


def test_readout_weights_count_words() -> None:
    """A word of weight three is as good as the same word three times."""
    x, bits = vectors(50, 4), torch.randint(0, 2, (50, 3), generator=torch.Generator())
    weights = torch.ones(50)
    weights[:10] = 3
    again = torch.cat([torch.arange(50), torch.arange(10), torch.arange(10)])
    for one, other in zip(
        fit_readout(bits, x, weights), fit_readout(bits[again], x[again]), strict=True
    ):
        assert torch.allclose(one, other, atol=1e-5)


def test_readout_of_a_dead_bit() -> None:
    """Bits that never change leave the mean vector, which explains nothing."""
    x = vectors(30, 4)
    readout, offset = fit_readout(torch.ones(30, 2), x)
    assert torch.isfinite(readout).all()
    decoded = torch.ones(30, 2) @ readout.T + offset
    assert unexplained(decoded, x) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("bits", [1, 8, 64])
def test_bits_beat_chance(bits: int) -> None:
    """Learned bits lose less than as many random projections, read as well as can be."""
    x = vectors()
    found = fit_autoencoder(x, bits)
    assert found.bits.dtype == torch.uint8 and found.bits.shape == (len(x), bits)
    assert found.bits.max() <= 1
    assert torch.equal(found.encode(x), found.bits)
    assert found.decoder.shape == (20, bits) and found.offset.shape == (20,)
    assert unexplained(found.decode(found.bits), x) == pytest.approx(found.error, abs=1e-5)
    random = torch.Generator().manual_seed(5)
    chance = ((x - x.mean(dim=0)) @ torch.randn(20, bits, generator=random) > 0).float()
    readout, offset = fit_readout(chance, x)
    assert found.error < unexplained(chance @ readout.T + offset, x)


def test_more_bits_lose_less() -> None:
    x = vectors()
    errors = [fit_autoencoder(x, bits).error for bits in (4, 16, 64)]
    assert errors[0] > errors[1] > errors[2]


def test_seeds_and_weights() -> None:
    """The seed decides all; words that count more are kept better."""
    x = vectors()
    one, same, other = (fit_autoencoder(x, 8, seed) for seed in (0, 0, 1))
    assert torch.equal(one.bits, same.bits) and torch.equal(one.decoder, same.decoder)
    assert not torch.equal(one.bits, other.bits)
    weights = torch.where(torch.arange(len(x)) < 40, 100.0, 1.0)
    heavy = fit_autoencoder(x, 8, weights=weights)
    assert unexplained(heavy.decode(heavy.bits)[:40], x[:40]) < unexplained(
        one.decode(one.bits)[:40], x[:40]
    )


def test_one_word_and_no_spread() -> None:
    """Vectors that are all alike are given back."""
    x = torch.full((1, 3), 0.5)
    found = fit_autoencoder(x, 4)
    assert torch.allclose(found.decode(found.bits), x, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((torch.zeros(0, 3),), "word vectors"),
        ((torch.zeros(3),), "word vectors"),
        ((vectors(5), 0), "1 bit a word"),
        ((vectors(5), 4, 0, torch.zeros(5)), "not all 0"),
        ((vectors(5), 4, 0, torch.ones(4)), "for each of 5 words"),
    ],
)
def test_bad_input(arguments: tuple, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_autoencoder(*arguments)
