"""The range map against its published form."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from snnconvert.errors import InputError
from snnconvert.text.maps.sigma import RangeMap

FLOATS = st.floats(-1e3, 1e3, width=32)


def test_golden():
    fitted = RangeMap.fit(np.array([[1.0, 3.0], [5.0, 7.0]]), np.array([3, 1]))
    # Values 1, 3 three times each and 5, 7 once: mean 24/8, variance (12 + 0 + 4 + 16) / 8.
    assert fitted == RangeMap(3.0, 2.0)
    np.testing.assert_allclose(fitted.apply(np.array([3, 6, 9, 12, -99])), [0, 0.5, 1, 1, -1])


@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(2, 5)), elements=FLOATS))
def test_equals_the_published_formula(vectors):
    counts = np.arange(1, len(vectors) + 1)
    repeated = np.repeat(vectors.astype(np.float64), counts, axis=0)
    if repeated.std() < 1e-3:
        return
    fitted = RangeMap.fit(vectors, counts)
    mean, std = repeated.mean(), repeated.std()
    published = (np.clip(vectors, mean - 3 * std, mean + 3 * std) - mean) / (6 * std) + 0.5
    np.testing.assert_allclose((1 + fitted.apply(vectors)) / 2, published, atol=2e-4)
    assert fitted.apply(vectors).dtype == np.float32


@given(FLOATS, st.floats(1e-3, 1e3))
def test_dictionary_round_trip(mean, std):
    fitted = RangeMap(mean, std)
    assert RangeMap.from_dict(json.loads(json.dumps(fitted.to_dict()))) == fitted


@pytest.mark.parametrize(("mean", "std"), [(0, 0), (0, float("nan")), (float("inf"), 1), (0, -1)])
def test_unusable_ranges(mean, std):
    with pytest.raises(InputError, match="positive standard deviation"):
        RangeMap(mean, std)


def test_nothing_to_fit():
    with pytest.raises(InputError, match="at least one training word"):
        RangeMap.fit(np.empty((0, 3)), np.empty(0))
    with pytest.raises(InputError, match="positive standard deviation"):
        RangeMap.fit(np.ones((2, 3)), np.array([1, 1]))


@pytest.mark.parametrize("values", [{}, {"mean": 0}, {"mean": "x", "std": 1}, [], None])
def test_foreign_dictionaries(values):
    with pytest.raises(InputError, match="numbers mean and std"):
        RangeMap.from_dict(values)
