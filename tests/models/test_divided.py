"""A divided batch: the draws of the whole, and the moments of all its rows."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.models.divided import Part, divided, moments, uniform


def drawn(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(
    before=st.lists(st.integers(1, 3), max_size=2),
    after=st.lists(st.integers(1, 3), max_size=2),
    texts=st.integers(2, 9),
    count=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_the_draws_of_all_parts_are_those_of_the_whole(before, after, texts, count, seed):
    axis = -1 - len(after)
    whole = uniform([*before, texts, *after], drawn(seed), axis)
    for rank in range(min(count, texts)):
        part = Part(slice(rank, None, count), texts, torch.clone)
        with divided(part):
            own = uniform([*before, part.count, *after], drawn(seed), axis)
        wanted = range(rank, texts, count)
        assert torch.equal(own, whole.index_select(axis, torch.tensor(list(wanted))))


def test_a_draw_for_something_else_is_not_divided():
    with divided(Part(slice(0, None, 2), 4, torch.clone)):
        assert torch.equal(
            uniform([3, 1, 1], drawn(0), -3), torch.rand(3, 1, 1, generator=drawn(0))
        )


def test_moments_by_hand():
    """Of rows 1 and 3 here, 5 and 7 there: mean 4, variance 5."""
    there = iter([torch.tensor(2.0), torch.tensor([12.0]), torch.tensor([1.0 + 9.0])])
    with divided(Part(slice(0, None, 2), 4, lambda values: values + next(there))):
        mean, variance, count = moments(torch.tensor([[1.0], [3.0]]))
    assert (mean.tolist(), variance.tolist(), count) == ([4.0], [5.0], 4)
    assert [m.item() for m in moments(torch.tensor([[1.0], [3.0], [5.0], [7.0]]))[:2]] == [4, 5]
