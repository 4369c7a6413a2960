"""Every book: bits alone, silent padding, one table for one seed, bits that can be read again."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from snnconvert.errors import InputError
from snnconvert.models.encoders.books import BOOKS
from snnconvert.models.encoders.books.filled import fill
from snnconvert.models.encoders.books.gray import GrayWriting
from snnconvert.models.encoders.books.least_ones import LeastOnes, codewords, digits
from snnconvert.models.encoders.books.levels import fit_levels, normal_spacing, weighted_quantile
from snnconvert.models.encoders.books.readout import unexplained
from snnconvert.tests.models.encoders.books.test_autoencoder import vectors

SOME_BITS = {"autoencoder": 24}


def table_of(name: str, steps: int, seed: int = 0) -> tuple:
    """A vocabulary of padding, an unknown word and 200 words, and its table."""
    x = torch.cat([torch.zeros(2, 20), vectors(200)])
    counts = torch.arange(len(x), 0, -1)
    return x, counts, fill(BOOKS[name], x, counts, steps, SOME_BITS.get(name, 0), seed)


@pytest.mark.parametrize("name", BOOKS)
def test_tables(name: str) -> None:
    """Bits of (V, T, C); padding and unknown words are silent; more steps lose less."""
    errors = []
    for steps in (1, 2, 4):
        x, counts, filled = table_of(name, steps)
        bits = filled.bits
        assert bits.dtype == torch.uint8 and int(bits.max()) == 1
        assert bits.shape[:2] == (len(x), steps) and filled.readout.shape == (20, bits.shape[2])
        assert not bool(bits[:2].any()) and bool((bits[2:, :, -1] == 1).all())
        # what is said to be lost is what is lost, and less than the mean vector alone would lose
        lost = unexplained(filled.decode()[2:], x[2:], counts[2:] + 1)
        assert lost == pytest.approx(filled.error, abs=1e-5) and lost < 0.9
        errors.append(filled.error)
    assert errors[0] > errors[1] > errors[2]


@pytest.mark.parametrize("name", BOOKS)
def test_seeds(name: str) -> None:
    """One seed, one table; books without draws have one for all seeds."""
    one, same, other = (table_of(name, 2, seed)[2] for seed in (3, 3, 4))
    assert torch.equal(one.bits, same.bits) and torch.equal(one.readout, same.readout)
    assert torch.equal(one.bits, other.bits) == (name != "autoencoder")


@pytest.mark.parametrize("name", BOOKS)
def test_decode(name: str) -> None:
    """The book's own inverse loses less than the mean vector, and its bits write it again."""
    x = vectors(300)
    writing = BOOKS[name].fit(x, torch.ones(300), BOOKS[name].check_bits(SOME_BITS.get(name, 0)), 0)
    bits = writing.write(x)
    assert bits.dtype == torch.uint8 and int(bits.max()) <= 1 and len(bits) == 300
    assert torch.equal(writing.write(x[:7]), bits[:7])
    assert unexplained(writing.decode(bits), x) < 0.8


@pytest.mark.parametrize("name", ["gray", "least_ones"])
@given(bits=st.integers(2, 6), seed=st.integers(0, 20))
def test_levels_are_kept(name: str, bits: int, seed: int) -> None:
    """Among the levels, decoding is within half a spacing; and neighbours of Gray differ once."""
    x = vectors(60, 3, seed)
    writing = BOOKS[name].fit(x, torch.ones(60), bits, 0)
    levels = writing.levels  # type: ignore[attr-defined]
    low, high = (levels.value(torch.full((3,), i)) for i in (0, levels.count - 1))
    inside = x.clamp(low, high)
    error = (writing.decode(writing.write(inside)) - inside).abs()
    assert bool((error <= levels.spacing / 2 + 1e-5).all())
    if isinstance(writing, GrayWriting):
        every = levels.value(torch.arange(levels.count)[:, None].expand(-1, 3))
        steps = writing.write(every).int().diff(dim=0).abs().sum(dim=1)
        assert bool((steps == 3).all())  # one bit for each of three components


def test_fewest_ones() -> None:
    """Every sum of digits is there, with no more ones than any other word of that sum has."""
    assert codewords(4)[0] == (0, 0, 0, 0) and sorted(codewords(4)) == list(range(-3, 4))
    words = codewords(5)
    assert words[7] == (1, 0, 1, 0, 1) and sum(words[3]) == 2
    for total, word in words.items():
        assert sum(b * d for b, d in zip(word, digits(5), strict=True)) == total
    x = vectors(500)
    few = LeastOnes().fit(x, torch.ones(500), 4, 0).write(x).float().mean()
    gray = BOOKS["gray"].fit(x, torch.ones(500), 4, 0).write(x).float().mean()
    assert few < 0.8 * gray


def test_optimal_levels() -> None:
    """The spacings that Max 1960 has for a normal variable (table II)."""
    for count, spacing in ((2, 1.596), (3, 1.224), (4, 0.9957), (8, 0.5860), (16, 0.3352)):
        assert normal_spacing(count) == pytest.approx(spacing, abs=0.02)
    levels = fit_levels(
        torch.randn(5000, 2, generator=torch.Generator()) * 0.2, torch.ones(5000), 4
    )
    assert torch.allclose(levels.spacing, torch.full((2,), 0.2 * 0.9957), atol=0.01)


def test_weighted_quantile() -> None:
    x = torch.tensor([[3.0], [1.0], [2.0]])
    assert weighted_quantile(x, torch.ones(3), 0.5).item() == 2
    assert weighted_quantile(x, torch.tensor([1.0, 9.0, 1.0]), 0.5).item() == 1
    assert weighted_quantile(x, torch.ones(3), 1.0).item() == 3


@pytest.mark.parametrize("name", BOOKS)
def test_bad_bits(name: str) -> None:
    book = BOOKS[name]
    with pytest.raises(InputError, match=f"bits a {book.bits_of} for this book"):
        book.check_bits(book.most + 1)
    assert book.check_bits(0) == book.bits and book.least <= book.bits <= book.most


def test_no_words() -> None:
    """A vocabulary of padding alone is silent."""
    filled = fill(BOOKS["sign"], torch.zeros(2, 4), torch.zeros(2), 2)
    assert filled.bits.shape == (2, 2, 5) and not bool(filled.bits.any())
