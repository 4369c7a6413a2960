"""A table of bits: packed and back, and read as an embedding is."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

from snnconvert.errors import InputError
from snnconvert.models.encoders.bit_table import BitTable, packed, unpacked


@given(rows=st.integers(1, 5), dim=st.integers(1, 40), seed=st.integers(0, 99))
def test_packing_round_trip(rows: int, dim: int, seed: int) -> None:
    """As NumPy unpacks it, in as few bytes as can be."""
    bits = torch.randint(0, 2, (rows, dim), generator=torch.Generator().manual_seed(seed))
    rows_of = packed(bits)
    assert rows_of.dtype == torch.uint8 and rows_of.shape == (rows, -(-dim // 8))
    assert torch.equal(unpacked(rows_of, dim), bits.to(torch.uint8))
    assert np.array_equal(np.unpackbits(rows_of.numpy(), axis=1, count=dim), bits.numpy())


def test_it_reads_as_an_embedding() -> None:
    bits = torch.randint(0, 2, (6, 11), generator=torch.Generator().manual_seed(0))
    bits[0] = 0
    table, usual = BitTable.of(bits), torch.nn.Embedding.from_pretrained(bits.float())
    ids = torch.tensor([[0, 5, 2], [1, 1, 0]])
    assert torch.equal(table(ids), usual(ids)) and table(ids).dtype == torch.float32
    assert torch.equal(table.weight, usual.weight)
    assert table.double()(ids).dtype == torch.float64
    assert list(table.state_dict()) == ["packed"] and not list(table.parameters())


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        (torch.zeros(3), "bits \\(V, D\\)"),
        (torch.zeros(0, 3), "bits \\(V, D\\)"),
        (torch.tensor([[0, 0], [0, 2]]), "0 and 1"),
        (torch.tensor([[0, 1], [0, 1]]), "silent padding"),
    ],
)
def test_bad_bits(bits: torch.Tensor, message: str) -> None:
    with pytest.raises(InputError, match=message):
        BitTable.of(bits)
