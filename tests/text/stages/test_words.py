"""The fitted text stage: ids, matrix, coverage, and its files."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.models.batches import pad
from snnconvert.text.datasets.dataset import Split, load_dataset
from snnconvert.text.stages.words import TextStage
from snnconvert.text.vectors.load import WordVectors

TRAIN = Split(("Good food , good room", "bad food", "", "!"), (1, 0, 0, 1))
VECTORS = WordVectors(
    ["good", "Food", "beyond", "food", "far"],
    np.array([[1, 2], [9, 9], [3, -100], [3, 4], [0, 0]], np.float32),
    "mine.txt",
)


def fit(**changes):
    arguments = {"language": "en", "vectors": VECTORS, "progress": False} | changes
    return TextStage.fit(TRAIN, **arguments)


def test_training_texts_that_are_cut_are_counted():
    lengths = sorted(len(fit()[0].segment(text)) for text in TRAIN.texts)
    assert "train_cut" not in fit(max_length=lengths[-1])[0].coverage
    for most in range(1, lengths[-1]):
        assert fit(max_length=most)[0].coverage["train_cut"] == sum(n > most for n in lengths)


def test_golden_fit():
    stage, matrix = fit()
    # good and food twice, the others once by name; then the words that only the vectors have.
    assert stage.vocabulary.words[2:] == ("food", "good", "!", ",", "bad", "room", "beyond", "far")
    assert stage.coverage == {
        "types": 2 / 6,
        "tokens": 4 / 8,
        "train_types": 6,
        "train_tokens": 8,
    }
    # Running words with a vector: good (1, 2) twice, food (3, 4) twice: mean 2.5, variance 1.25.
    assert stage.range_map.mean == 2.5
    assert stage.range_map.std == pytest.approx(1.25**0.5)
    assert (stage.vectors_source, stage.dim, stage.language) == ("mine.txt", 2, "en")
    assert matrix.shape == (10, 2)
    assert matrix.dtype == np.float32
    assert not matrix[:2].any()
    scale = 3 * 1.25**0.5
    np.testing.assert_allclose(matrix[3], [-1.5 / scale, -0.5 / scale], rtol=1e-6)  # good
    np.testing.assert_allclose(matrix[2], [0.5 / scale, 1.5 / scale], rtol=1e-6)  # food, not Food
    np.testing.assert_allclose(matrix[8], [0.5 / scale, -1], rtol=1e-6)  # beyond, clipped


def test_cased_files_serve_lower_case_words():
    vectors = WordVectors(["Good", "GOOD", "bad"], np.eye(3, 2, dtype=np.float32), "cased")
    stage, matrix = fit(vectors=vectors)
    good, bad = stage.vocabulary.ids(["good", "bad"])
    np.testing.assert_array_equal(matrix[good], stage.range_map.apply(vectors.matrix[0]))
    np.testing.assert_array_equal(matrix[bad], stage.range_map.apply(vectors.matrix[2]))
    assert "GOOD" not in stage.vocabulary


def test_words_without_a_vector_have_the_same_mean_and_deviation():
    known = np.random.default_rng(0).normal(3, 0.5, (200, 50)).astype(np.float32)
    vectors = WordVectors([f"known{i}" for i in range(200)], known, "known")
    words = vectors.words + [f"unknown{i}" for i in range(200)]
    stage, matrix = TextStage.fit(Split((" ".join(words),), (0,)), "en", vectors, progress=False)
    ids = stage.vocabulary.ids(f"unknown{i}" for i in range(200))
    drawn = matrix[ids] * 3 * stage.range_map.std + stage.range_map.mean
    assert drawn.mean() == pytest.approx(3, abs=0.02)
    assert drawn.std() == pytest.approx(0.5, abs=0.01)
    assert stage.coverage["types"] == 0.5


def test_rare_words_and_extra_words():
    stage, _ = fit(min_count=2, max_extra_words=1)
    assert stage.vocabulary.words[2:] == ("food", "good", "beyond")
    stage, _ = fit(vectors="random", dim=3, min_count=2)
    assert stage.vocabulary.words[2:] == ("food", "good")


@pytest.mark.parametrize("source", ["random", "train"])
def test_vectors_without_a_file(source):
    stage, matrix = fit(vectors=source, dim=5, epochs=2)
    again, same = fit(vectors=source, dim=5, epochs=2)
    assert stage == again
    np.testing.assert_array_equal(matrix, same)
    assert stage.coverage["tokens"] == (0.0 if source == "random" else 1.0)
    assert np.abs(matrix).max() <= 1
    assert not np.array_equal(matrix, fit(vectors=source, dim=5, epochs=2, seed=1)[1])


def test_encode():
    stage, _ = fit(max_length=3)
    encoded = stage.encode(["Good, good food", "", "   ", "nothing known"])
    assert [ids.tolist() for ids in encoded] == [[3, 5, 3], [], [], [1, 1]]
    assert all(ids.dtype == np.int64 for ids in encoded)
    assert stage.encode([]) == []
    assert stage.segment("Good, good food") == ["good", ",", "good", "food"]


def test_pad():
    ids, lengths = pad([np.array([5, 6]), np.array([], np.int64)], 3)
    assert ids.tolist() == [[5, 6, 0], [0, 0, 0]]
    assert lengths.tolist() == [2, 0]
    assert ids.dtype == lengths.dtype == np.int64
    assert pad([np.array([], np.int64)])[0].shape == (1, 1)
    assert pad([], 4)[0].shape == (0, 4)


@given(st.lists(st.text(), max_size=4), st.integers(0, 7), st.sampled_from(["en", "zh"]))
def test_no_text_breaks_encode_and_pad(texts, minimum, language):
    stage, matrix = STAGES[language]
    ids, lengths = pad(stage.encode(texts), minimum)
    assert ids.shape == (len(texts), max(minimum, lengths.max(initial=0), 1))
    assert (ids >= 0).all()
    assert (ids < len(matrix)).all()
    assert (lengths <= stage.max_length).all()
    for row, length in zip(ids, lengths, strict=True):
        assert (row[:length] > 0).all()
        assert not row[length:].any()


STAGES = {
    "en": fit(),
    "zh": TextStage.fit(
        Split(("味道很好", "服务很差"), (1, 0)), "zh", dim=3, max_length=4, progress=False
    ),
}


@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=5), language=st.sampled_from("ez"))
def test_save_and_load_give_the_same(tmp_path_factory, texts, language):
    code = {"e": "en", "z": "zh"}[language]
    stage, _ = TextStage.fit(Split(("word", *texts), (0,) * 6), code, dim=2, progress=False)
    folder = tmp_path_factory.mktemp("stage")
    stage.save(folder)
    assert TextStage.load(folder) == stage
    assert {p.name for p in folder.iterdir()} == {"stage.json", "vocabulary.txt"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"language": "fr"}, "unknown language"),
        ({"max_length": 0}, "at least 1"),
        ({"min_count": 0}, "at least 1"),
        ({"min_count": 99, "vectors": "random"}, "99 times .min_count.*'good', occurs 2 times"),
        ({"max_extra_words": -1}, "at least 0"),
        ({"dim": 9}, "length 9"),
        ({"vectors": WordVectors(["un"], np.ones((1, 2), np.float32), "fr")}, "another language"),
        (
            {"vectors": WordVectors(["good"], np.ones((1, 2), np.float32), "f")},
            "positive standard deviation",
        ),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        fit(**arguments)


def test_texts_without_words():
    for train in (Split((), ()), Split(("", " "), (0, 1))):
        with pytest.raises(InputError, match="expected training texts"):
            TextStage.fit(train, "en", progress=False)


def edited(folder, **changes):
    values = json.loads((folder / "stage.json").read_text())
    values |= changes
    (folder / "stage.json").write_text(json.dumps({k: v for k, v in values.items() if v != "-"}))


def test_broken_folders(tmp_path):
    stage, _ = fit()
    with pytest.raises(InputError, match="no such file"):
        TextStage.load(tmp_path)
    for change, message in [
        ({"format": "other"}, "holds something else"),
        ({"max_length": "-"}, "not complete"),
        ({"max_length": "many"}, "not complete"),
        ({"range_map": {}}, "mean and std"),
        ({"language": "fr"}, "unknown language"),
        ({"vocabulary_sha256": "0"}, r"does not belong to stage.json.*expected 10 words, got 10"),
    ]:
        stage.save(tmp_path)
        edited(tmp_path, **change)
        with pytest.raises(InputError, match=message):
            TextStage.load(tmp_path)
    stage.save(tmp_path)
    path = tmp_path / "stage.json"
    path.write_text(path.read_text()[:50])
    with pytest.raises(InputError, match="not valid JSON"):
        TextStage.load(tmp_path)
    path.write_text("[1]")
    with pytest.raises(InputError, match="holds something else"):
        TextStage.load(tmp_path)
    stage.save(tmp_path)
    (tmp_path / "vocabulary.txt").write_text("<pad>\n<unk>\ngood\n")
    with pytest.raises(InputError, match="expected 10 words, got 3"):
        TextStage.load(tmp_path)


@pytest.mark.data
@pytest.mark.long
def test_coverage_on_real_data(shared):
    """English vectors made of other reviews cover nearly every running word of MR."""
    train = load_dataset("mr", shared / "data").train
    path = shared / "embeddings" / "en.imdb.300d.txt.gz"
    stage, matrix = TextStage.fit(train, "en", path, progress=False)
    print(stage.coverage)
    assert stage.coverage["tokens"] > 0.98
    assert stage.coverage["types"] > 0.85
    assert stage.vectors_source == "en.imdb.300d.txt.gz"
    assert matrix.shape == (len(stage.vocabulary), 300)
    assert np.abs(matrix).max() <= 1
    assert 0.005 < (np.abs(matrix[2:]) == 1).mean() + 0.005 < 0.05  # few values are clipped


def test_chinese_words_without_a_vector_are_read_by_their_characters(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("好 1.0 0.5\n吃 0.0 -0.5\n菜 -1.0 0.25\n", encoding="utf-8")
    train = Split(("好吃", "菜"), (1, 0))
    stage, matrix = TextStage.fit(train, "zh", str(path))
    good, eat, dish, both = (stage.vocabulary.ids([w])[0] for w in ("好", "吃", "菜", "好吃"))
    inner = stage.range_map.apply(np.array([0.5, 0.0]))  # the mean of both characters
    np.testing.assert_allclose(matrix[both], inner, rtol=1e-6)
    # a word that training has not seen is read as its characters; one without any is unknown
    assert stage.encode(["菜好"])[0].tolist() in ([dish, good], [stage.vocabulary.ids(["菜好"])[0]])
    assert stage._known(["吃菜", "房"]) == ["吃", "菜", "房"]
    assert stage.vocabulary.ids(["房"]) == [1] and eat != 1
