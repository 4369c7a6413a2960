"""Every value map: its properties, golden values, and how it is saved and chosen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from snnconvert.errors import InputError
from snnconvert.text.maps import VALUE_MAPS
from snnconvert.text.maps.affine import Affine
from snnconvert.text.maps.fitting import fit_map, read_map
from snnconvert.text.maps.options import MapOptions
from snnconvert.text.stages.load import load_stage
from snnconvert.text.stages.mean import MeanStage
from snnconvert.text.stages.words import TextStage
from snnconvert.text.vectors.load import WordVectors

MAPS = tuple(VALUE_MAPS)
VECTORS = hnp.arrays(
    np.float32,
    st.tuples(st.integers(2, 12), st.integers(1, 4)),
    elements=st.floats(-9, 9, width=32),
)
SPARSITIES = (0.0, 0.5, 0.9)


def fit(name, vectors, counts=None, **options):
    counts = np.ones(len(vectors)) if counts is None else np.array(counts)
    return fit_map(np.array(vectors, np.float32), counts, MapOptions(value_map=name, **options))


@pytest.mark.parametrize("sparsity", SPARSITIES)
@pytest.mark.parametrize("name", MAPS)
@settings(max_examples=30)
@given(vectors=VECTORS, others=VECTORS)
def test_is_monotone_within_bounds_and_saved_as_it_is(name, sparsity, vectors, others):
    counts = np.arange(1, len(vectors) + 1)
    try:
        fitted = fit(name, vectors, counts, sparsity=sparsity)
    except InputError:  # vectors that do not differ, or too sparse for so few
        return
    dim = vectors.shape[1]
    line = np.repeat(np.linspace(-20, 20, 201, dtype=np.float32)[:, None], dim, axis=1)
    for x in (vectors, others[:, :1].repeat(dim, axis=1), line):
        mapped = fitted.apply(x)
        assert mapped.dtype == np.float32 and mapped.shape == x.shape
        assert np.isfinite(mapped).all() and np.abs(mapped).max() <= 1
    assert (np.diff(fitted.apply(line), axis=0) >= 0).all()
    again = read_map(json.loads(json.dumps(fitted.to_dict())))
    assert again == fitted
    np.testing.assert_array_equal(again.apply(line), fitted.apply(line))


@pytest.mark.parametrize("name", MAPS)
@settings(max_examples=20)
@given(counts=st.lists(st.integers(1, 4), min_size=5, max_size=5), seed=st.integers(0, 99))
def test_a_word_counts_as_often_as_it_occurs(name, counts, seed):
    """Counts are the same as the word's vector so many times."""
    vectors = np.random.default_rng(seed).normal(1, 2, (5, 3)).astype(np.float32)
    repeated = np.repeat(vectors, counts, axis=0)
    for sparsity in (0.0, 0.4):
        counted = fit(name, vectors, counts, sparsity=sparsity)
        np.testing.assert_allclose(
            counted.apply(vectors), fit(name, repeated, sparsity=sparsity).apply(vectors), atol=1e-4
        )


@pytest.mark.parametrize("name", MAPS)
def test_tells_values_within_its_range_apart(name):
    """Rising strictly: what was mapped can be found again, but for what lies outside."""
    vectors = np.random.default_rng(0).normal(0, 1, (500, 3)).astype(np.float32)
    fitted = fit(name, vectors)
    inside = np.repeat(np.linspace(-1.5, 1.5, 61, dtype=np.float32)[:, None], 3, axis=1)
    mapped = fitted.apply(inside)
    assert (np.diff(mapped, axis=0) > 0).all()
    for d in range(3):
        line = np.linspace(-1.6, 1.6, 4001, dtype=np.float32)[:, None].repeat(3, axis=1)
        back = np.interp(mapped[:, d], fitted.apply(line)[:, d], line[:, d])
        np.testing.assert_allclose(back, inside[:, d], atol=1e-3)


def test_minmax_by_hand():
    fitted = fit("minmax", [[1, 3], [5, 2]], [2, 1])
    np.testing.assert_allclose(fitted.apply(np.array([1, 3, 5, 9])), [-1, 0, 1, 1])


def test_a_word_that_does_not_occur_does_not_count():
    assert fit("minmax", [[1, 3], [99, 2]], [2, 0]) == fit("minmax", [[1, 3]])


def test_scale_by_hand():
    # components 1, 3 (mean 2, deviation 1) and 0, 8 (mean 4, deviation 4), each word once
    fitted = fit("scale", [[1, 0], [3, 8]], map_sigmas=2.0)
    np.testing.assert_allclose(fitted.apply(np.array([[3, 8], [2, -99]])), [[0.5, 0.5], [0, -1]])


def test_quantile_by_hand():
    column = np.arange(101.0)[:, None]  # 0 to 100, once each: a tenth lies at or below 10
    fitted = fit("quantile", np.concatenate([column, -2 * column], axis=1), map_tail=0.1)
    rows = np.array([[10, -180], [50, -100], [90, -20], [99, -200]])
    np.testing.assert_allclose(fitted.apply(rows), [[-1, -1], [0, 0], [1, 1], [1, -1]], atol=0.03)


def test_rank_is_the_distribution_function():
    values = np.random.default_rng(1).exponential(3, (400, 5)).astype(np.float32)
    mapped = fit("rank", values).apply(values)
    shares = values.reshape(-1).argsort().argsort().reshape(values.shape) / (values.size - 1)
    np.testing.assert_allclose((mapped + 1) / 2, shares, atol=0.01)


def test_equal_values_get_the_middle_of_their_ranks():
    fitted = fit("rank", [[0, 0, 0, 0, 0, 0, 0, 0, 1, 2]])  # eight of ten are 0: ranks up to 0.8
    low, high = fitted.apply(np.array([0, 2]))
    assert low == pytest.approx(-0.2, abs=0.02) and high > 0.9


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("sparsity", [0.3, 0.5, 0.8])
def test_sparsity_is_the_share_of_zeros(name, sparsity):
    generator = np.random.default_rng(2)
    vectors = generator.normal(0.3, 1, (300, 20)).astype(np.float32)
    counts = generator.integers(1, 50, 300)
    mapped = fit(name, vectors, counts, sparsity=sparsity).apply(vectors)
    zeros = counts @ (mapped == 0).mean(axis=1) / counts.sum()
    assert sparsity - 1e-9 <= zeros < sparsity + 0.01
    assert np.abs(mapped).max() > 0.9  # what is left fills the range again


def test_a_sparsity_that_leaves_nothing():
    with pytest.raises(InputError, match="give a smaller --sparsity"):
        fit("minmax", [[-1, 1]], sparsity=0.5)  # both are as large as any


@pytest.mark.parametrize("name", MAPS)
def test_components_that_are_always_the_same(name):
    with pytest.raises(InputError, match="expected word vectors that differ"):
        fit(name, np.ones((3, 2)))
    with pytest.raises(InputError, match="at least one training word"):
        fit(name, [[1, 2]], [0])
    if isinstance(fitted := fit(name, [[1, 5], [2, 5]]), Affine) and len(fitted.reach) == 2:
        assert fitted.apply(np.array([[1, 5], [2, 99]]))[:, 1].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"kind": "bend"}, "value map to be of sigma, minmax"),
        ({"kind": "rank", "knots": [1]}, "knots and ranks"),
        ({"kind": "rank", "knots": [1, 2], "ranks": [0.5, 0.1]}, "rising ranks"),
        ({"kind": "scale", "centre": 3, "reach": [1]}, "centre and reach"),
        ({"kind": "scale", "centre": [0.0], "reach": [-1.0]}, "word vectors that differ"),
        ({"kind": "scale", "centre": [0.0, 1.0], "reach": [1.0]}, "as many finite centres"),
        ({"mean": 0, "std": 1, "sigmas": -1}, "positive number of deviations"),
        ({"mean": 0, "std": 1, "level": "x"}, "a number as the level"),
        ({"mean": 0, "std": 1, "level": 1}, "smaller --sparsity"),
    ],
)
def test_foreign_values(values, says):
    with pytest.raises(InputError, match=says):
        read_map(values)


WORDS = WordVectors(
    ["good", "bad", "food", "far"],
    np.array([[1, 2], [3, -9], [3, 4], [50, 60]], np.float32),
    "mine.txt",
)


@pytest.mark.parametrize("name", MAPS)
def test_of_a_text_stage(name, tmp_path: Path):
    """The table holds mapped vectors, padding and unknown words stay zero, and it is saved."""
    maps = MapOptions(value_map=name, sparsity=0.2)
    texts = ["good food good", "bad food", "nowhere"]
    stage, table = TextStage.fit(texts, "en", WORDS, maps=maps, progress=False)
    assert not table[:2].any() and np.abs(table).max() <= 1
    for word, row in zip(WORDS.words, WORDS.matrix, strict=True):
        ids = stage.vocabulary.ids([word])
        np.testing.assert_array_equal(table[ids[0]], stage.range_map.apply(row))
    stage.save(tmp_path)
    loaded = load_stage(tmp_path)
    assert loaded == stage
    usual, other = TextStage.fit(texts, "en", WORDS, progress=False)
    assert usual.vocabulary == stage.vocabulary and not np.array_equal(other, table)


@pytest.mark.parametrize("name", MAPS)
def test_of_one_vector_a_text(name, tmp_path: Path):
    """The map is that of what the network reads: of the means, not of the words."""
    maps = MapOptions(value_map=name)
    texts = ["good food good", "bad food", "far bad", "good"]
    stage, _ = MeanStage.fit(texts, "en", WORDS, maps=maps, progress=False)
    usual, _ = MeanStage.fit(texts, "en", WORDS, progress=False)
    np.testing.assert_array_equal(stage.table, usual.table)
    rows = usual.vectors(texts)
    expected = fit_map(rows, np.ones(4), maps)
    assert stage.range_map == expected
    np.testing.assert_array_equal(np.concatenate(stage.encode(texts)), expected.apply(rows))
    assert not stage.encode(["unheard"])[0].any()
    stage.save(tmp_path)
    assert load_stage(tmp_path) == stage


def test_one_of_ones_own(tmp_path: Path):
    @dataclass(frozen=True)
    class Own(Affine):
        kind = "own"

        @classmethod
        def fit(cls, vectors, counts, options):
            return cls.of(0.0, float(np.abs(vectors).max()))

    VALUE_MAPS.add("own", Own)
    try:
        fitted = fit("own", [[1, -4], [2, 0]])
        assert fitted.apply(np.array([2, -4])).tolist() == [0.5, -1]
        assert read_map(fitted.to_dict()) == fitted
        stage, _ = TextStage.fit(["good food"], "en", WORDS, maps=MapOptions(value_map="own"))
        stage.save(tmp_path)
    finally:
        VALUE_MAPS.remove("own")
    with pytest.raises(InputError, match="where it is of your own, import") as caught:
        load_stage(tmp_path)
    assert "train again" not in str(caught.value)  # the file is whole


@pytest.mark.parametrize(
    ("method", "gives", "says"),
    [
        ("apply", lambda self, x: np.full_like(x, np.nan), r"within \[-1, 1\] .* from nan to nan"),
        ("apply", lambda self, x: 5 * x, r"within \[-1, 1\] .* from -20 to 10"),
        ("apply", lambda self, x: x[:1], r"but got \(1, 2\)"),
        ("to_dict", lambda self: {"scale": 1.0}, "name under 'kind' .* but it writes 'sigma'"),
    ],
)
def test_one_of_ones_own_that_does_not_keep_what_it_must_is_refused(method, gives, says):
    fitted = classmethod(lambda cls, vectors, counts, options: cls.of(0.0, 1.0))
    own = type("Own", (Affine,), {"kind": "own", "fit": fitted, method: gives})
    VALUE_MAPS.add("own", own)
    try:
        with pytest.raises(InputError, match=f"expected the value map own to .*{says}"):
            fit("own", [[1, -4], [2, 0]])
    finally:
        VALUE_MAPS.remove("own")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"value_map": "bend"}, "expected value_map to be of sigma"),
        ({"map_sigmas": 0.0}, "above 0 for map_sigmas"),
        ({"map_tail": 0.5, "value_map": "quantile"}, "below 0.5 for map_tail"),
        ({"sparsity": 1.0}, "below 1 for sparsity"),
        ({"map_tail": 0.2}, "map_tail only with the value map quantile"),
        ({"map_sigmas": 2.0, "value_map": "rank"}, "map_sigmas only with the value map sigma or"),
    ],
)
def test_bad_options(options, says):
    with pytest.raises(InputError, match=says):
        MapOptions(**options)
