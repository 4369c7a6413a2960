"""The stage ``mean``: golden values worked out by hand, and what it must never depend on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.files import save_tensors
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages import STAGES
from snnconvert.text.stages.load import load_stage
from snnconvert.text.stages.mean import MeanStage
from snnconvert.text.stages.words import TextStage
from snnconvert.text.vectors.load import WordVectors

TRAIN = Split(("good good bad food", "bad bad", "odd"), (1, 0, 0))
VECTORS = WordVectors(["good", "bad", "far"], np.array([[1, 2], [3, 4], [2, 3]], np.float32), "own")


def fit(train: Split = TRAIN, language: str = "en", **options) -> MeanStage:
    vectors = options.pop("vectors", VECTORS)
    stage, table = MeanStage.fit(train, language, vectors, progress=False, **options)
    assert table.shape == (0, stage.dim)
    return stage


def test_golden_mean() -> None:
    stage = fit()
    # running words with a vector: good twice, bad three times: components 1, 2 and 3, 4, so the
    # mean is 0.4 * 1.5 + 0.6 * 3.5 = 2.7 and the mean square 0.4 * 2.5 + 0.6 * 12.5 = 8.5
    scale = 3 * (8.5 - 2.7**2) ** 0.5
    good, bad = np.array([1, 2]), np.array([3, 4])
    first = ((2 * good + bad) / 3 - 2.7) / scale  # food has no vector, and is left out
    second = (bad - 2.7) / scale
    np.testing.assert_allclose(stage.vectors(list(TRAIN.texts)), [first, second, [0, 0]], atol=1e-6)
    # its range is that of the two texts that have a vector, each component counted once
    both = np.concatenate([first, second])
    assert stage.range_map.mean == pytest.approx(both.mean(), abs=1e-6)
    assert stage.range_map.std == pytest.approx(both.std(), abs=1e-6)
    one, two, none = stage.encode(TRAIN.texts)
    assert one.shape == (1, 2) and one.dtype == np.float32
    np.testing.assert_allclose(one[0], (first - both.mean()) / (3 * both.std()), atol=1e-6)
    np.testing.assert_allclose(two[0], (second - both.mean()) / (3 * both.std()), atol=1e-6)
    assert none.tolist() == [[0, 0]]
    assert stage.hands_on == "vectors" and STAGES["mean"] is MeanStage
    assert stage.words == () and stage.positions("a b") == ["the whole text"]


def test_words_are_those_of_the_words_stage() -> None:
    """The vectors that are averaged are the table of ``words``, without those drawn at random."""
    words, table = TextStage.fit(TRAIN, "en", VECTORS, progress=False)
    stage = fit()
    assert set(words.vocabulary.words) - set(stage.lookup.vocabulary.words) == {"food", "odd"}
    for word in ("good", "bad", "far"):
        (theirs,), (own,) = words.vocabulary.ids([word]), stage.lookup.vocabulary.ids([word])
        np.testing.assert_array_equal(stage.vectors([word])[0], table[theirs])
        np.testing.assert_array_equal(stage.table[own], table[theirs])


@pytest.mark.parametrize("text", ["", "   ", "zzz qqq", "food", "!"])
def test_without_known_words_a_text_is_the_zero_vector(text: str) -> None:
    assert not fit().encode(text)[0].any()


def test_chinese_words_may_be_known_by_their_characters() -> None:
    train = Split(("很好。", "不好吃。", "好的"), (1, 0, 1))
    vectors = WordVectors(["好", "不", "吃"], np.array([[1, 0], [0, 4], [0, 1]], np.float32), "own")
    stage = fit(train, "zh", vectors=vectors)
    table = {w: stage.vectors([w])[0] for w in ("好", "不", "吃")}
    np.testing.assert_allclose(stage.vectors(["吃好"])[0], (table["吃"] + table["好"]) / 2)
    assert stage.encode("很很")[0].tolist() == [[0, 0]]


def test_words_after_the_longest_length_are_not_read() -> None:
    stage = fit(max_length=2)
    np.testing.assert_array_equal(stage.encode("good bad bad bad"), stage.encode("good bad"))


WORDS = st.lists(st.sampled_from(["good", "bad", "far", "food", "!", "zzz"]), max_size=8)


@settings(max_examples=40)
@given(st.lists(WORDS, min_size=1, max_size=6), st.randoms())
def test_texts_do_not_depend_on_each_other_nor_on_the_order_of_words(texts, random) -> None:
    stage = fit()
    together = stage.encode([" ".join(words) for words in texts])
    for words, found in zip(texts, together, strict=True):
        np.testing.assert_array_equal(stage.encode(" ".join(words))[0], found)
        mixed = random.sample(words, len(words))
        np.testing.assert_allclose(stage.encode(" ".join(mixed))[0], found, atol=1e-6)
        assert np.abs(found).max() <= 1


def test_it_is_saved_and_loaded(tmp_path: Path) -> None:
    stage = fit()
    stage.save(tmp_path)
    again = load_stage(tmp_path)
    assert isinstance(again, MeanStage) and again == stage
    assert again.identity() == stage.identity() != fit(max_length=3).identity()
    np.testing.assert_array_equal(again.encode(TRAIN.texts), stage.encode(TRAIN.texts))
    save_tensors(tmp_path / "words.safetensors", {"table": torch.zeros(5, 2)})
    with pytest.raises(InputError, match="does not belong to the text stage"):
        load_stage(tmp_path)
    (tmp_path / "words.safetensors").unlink()
    with pytest.raises(InputError, match="expected vectors of words at"):
        load_stage(tmp_path)


def test_any_source_of_vectors_will_do() -> None:
    for source in ("train", "random"):
        stage = fit(vectors=source, dim=4)
        assert stage.dim == 4 and stage.encode("good bad")[0].any()


def test_what_is_refused() -> None:
    assert fit().encode([]) == []
    with pytest.raises(InputError, match="has none of them"):
        fit(vectors=WordVectors(["x", "y"], np.eye(2, dtype=np.float32), "other"))
