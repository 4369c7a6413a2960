"""What word vectors know of the training texts, and when to warn of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import Split, load_dataset
from snnconvert.text.stages.coverage import LOW
from snnconvert.text.stages.needed import Needed
from snnconvert.text.stages.words import TextStage
from snnconvert.text.vectors.load import WordVectors, load_vectors

TEXTS = ("The food was good , the room was bad .", "Good food !", "the staff ignored us")


def vectors(*words: str, source: str = "v.vec", **more) -> WordVectors:
    matrix = np.random.default_rng(0).normal(0, 1, (len(words), 4)).astype(np.float32)
    return WordVectors(list(words), matrix, source, **more)


def told(found, texts=TEXTS, language="en"):
    stage, _ = TextStage.fit(Split(texts, (0,) * len(texts)), language, found, progress=False)
    return stage.vector_report


def test_golden_figures():
    report = told(vectors("the", ",", "good", "Food", "FOOD", "beyond", skipped=2, note="2 bad"))
    # Content words: food 2, good 2, room, bad, staff, ignored: good and food are known, of 8.
    # Running words: the 3, "," 1, good 2, food 2 of 17; distinct ones: 4 of 12.
    assert report.figures == {
        "words": 6,
        "dim": 4,
        "skipped_rows": 2,
        "other_case": 2 / 17,
        "by_characters": 0,
        "content_tokens": 4 / 8,
        "content_types": 2 / 6,
    }
    assert report.summary == (
        "6 words of 4 components from v.vec; 2 bad; they cover 47.1 % of the running words of the "
        "training texts (11.8 % only in another case) and 33.3 % of the distinct ones"
    )
    assert report.warning == ""


def test_little_is_warned_of_whatever_the_stop_words_cover():
    known = ("the", "was", "us", ",", ".", "!", "food")
    report = told(vectors(*known))
    assert report.figures["content_tokens"] == 0.25 < LOW
    assert "v.vec know only 25.0 % of the running words" in report.warning
    assert "The texts have 'good', 'bad', 'ignored', the file 'the', 'was', 'us'" in report.warning
    assert told(vectors(*known, "good")).warning == ""


def test_vectors_of_another_language_are_named():
    report = told(vectors("the", ",", ".", "好吃", "服务", "房间", "很"))
    assert report.figures["content_tokens"] == 0
    assert "know only 0.0 %" in report.warning
    assert "the file (it looks Chinese) 'the', '好吃', '服务'" in report.warning
    with pytest.raises(InputError, match=r"v\.vec has none of them.*The texts have 'the'"):
        told(vectors("nourriture", "bonne"))
    with pytest.raises(InputError, match=r"looks Chinese\) '好吃'"):
        told(vectors("好吃", "服务"))


def test_a_file_in_capitals_serves_as_one_in_small_letters():
    report = told(vectors("THE", "FOOD", "WAS", "GOOD", "ROOM", "BAD", "STAFF", "IGNORED", "US"))
    assert report.figures["content_tokens"] == 1 and report.warning == ""
    assert report.figures["other_case"] == 14 / 17
    assert "only in another case" in report.summary


def test_chinese_words_count_by_their_characters():
    texts = ("房间干净", "服务态度很好")
    report = told(vectors("房", "间", "干", "服", "很", "好"), texts, "zh")
    assert report.figures["by_characters"] > 0
    assert report.figures["content_tokens"] >= LOW and report.warning == ""
    assert "more by their characters" in report.summary
    report = told(vectors("很", "好"), texts, "zh")
    assert report.figures["content_tokens"] < LOW
    assert "punctuation aside" in report.warning and "another way" in report.warning


@pytest.mark.parametrize("source", ["random", "train"])
def test_vectors_that_come_of_the_texts_have_no_report(source):
    assert told(source) is None


def test_texts_without_content_words():
    report = told(vectors("the", ","), ("the , the", ","))
    assert "content_tokens" not in report.figures and report.warning == ""


def test_the_report_is_no_part_of_a_saved_stage(tmp_path):
    split = Split(TEXTS, (0, 1, 0))
    stage, _ = TextStage.fit(split, "en", vectors("good", "food"), progress=False)
    stage.save(tmp_path)
    assert TextStage.load(tmp_path) == stage and TextStage.load(tmp_path).vector_report is None


def test_words_that_no_vocabulary_can_hold_are_left_out():
    stage, matrix = TextStage.fit(
        Split(TEXTS, (0, 1, 0)), "en", vectors("good", "a\nb", "", "\udcff"), progress=False
    )
    assert not {"", "a\nb", "\udcff"} & set(stage.vocabulary.words)
    assert len(stage.vocabulary) == len(matrix)


def test_vectors_that_are_all_the_same_are_named():
    found = WordVectors(["good", "food"], np.ones((2, 3), np.float32), "flat.vec")
    with pytest.raises(InputError, match=r"flat\.vec.*positive standard deviation"):
        told(found)


@pytest.mark.data
@pytest.mark.parametrize(
    ("dataset", "file", "warned"),
    [
        ("builtin-en", "glove.6B.50d.subset.txt.gz", False),
        pytest.param("mr", "glove.6B.50d.subset.txt.gz", False, marks=pytest.mark.long),
        pytest.param("mr", "word2vec-GoogleNews-300d.8000.txt.gz", False, marks=pytest.mark.long),
        pytest.param("waimai", "zh.reviews.300d.txt.gz", False, marks=pytest.mark.long),
        ("builtin-en", "zh.reviews.300d.txt.gz", True),
        pytest.param("mr", "zh.reviews.300d.txt.gz", True, marks=pytest.mark.long),
        pytest.param("waimai", "en.imdb.300d.txt.gz", True, marks=pytest.mark.long),
    ],
)
def test_real_vectors(shared, dataset, file, warned):
    data = load_dataset(dataset, shared / "data", "auto", 2000)
    stage, _ = TextStage.fit(
        data.train, data.language, shared / "embeddings" / file, progress=False
    )
    assert bool(stage.vector_report.warning) is warned, stage.vector_report


LETTERS = st.text(st.sampled_from("aAbB好吃"), min_size=1, max_size=3)


@given(
    texts=st.lists(st.lists(LETTERS, min_size=1, max_size=4), min_size=1, max_size=3),
    words=st.lists(LETTERS, min_size=1, max_size=40),
    extra=st.integers(0, 6),
    language=st.sampled_from(["en", "zh"]),
)
def test_a_stage_needs_no_more_than_it_keeps(tmp_path_factory, texts, words, extra, language):
    """Read with all the other words left out, the file gives the same stage and matrix."""
    folder = tmp_path_factory.mktemp("needed")
    draw = np.random.default_rng(0)
    pairs = draw.normal(0, 1, (len(words), 2))
    lines = [f"{w} {x:.3f} {y:.3f}" for w, (x, y) in zip(words, pairs, strict=True)]
    (folder / "v.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    split = Split(tuple(map(" ".join, texts)), (0,) * len(texts))
    whole = load_vectors(folder / "v.txt", progress=False)

    def fit(source):
        options = {"max_extra_words": extra, "progress": False}
        try:
            return TextStage.fit(split, language, source, **options)
        except InputError as error:
            return str(error)

    read, given_whole = fit(folder / "v.txt"), fit(whole)
    if isinstance(read, str):
        assert read.split("The texts")[0] == given_whole.split("The texts")[0]
        return
    assert read[0] == given_whole[0]
    ours, theirs = (dict(fitted[0].vector_report.figures) for fitted in (read, given_whole))
    assert ours.pop("words") >= theirs.pop("words")  # of those left out, repeated ones count again
    assert ours == theirs
    np.testing.assert_array_equal(read[1], given_whole[1])


def test_words_that_are_not_needed_take_no_room(tmp_path):
    matrix = np.random.default_rng(0).normal(0, 1, (5000, 4)).astype(np.float32)
    words = [f"w{i}" for i in range(4998)] + ["good", "Food"]
    lines = (w.encode() + b" " + v.tobytes() for w, v in zip(words, matrix, strict=True))
    (tmp_path / "v.bin").write_bytes(b"5000 4\n" + b"".join(lines))
    found = load_vectors(tmp_path / "v.bin", progress=False, wanted=Needed(["good", "food"], 10))
    assert found.words == [*words[:10], "good", "Food"] and found.unused == 4988
    np.testing.assert_array_equal(found.matrix, matrix[[*range(10), 4998, 4999]])
    stage, _ = TextStage.fit(
        Split(("good food",), (0,)), "en", tmp_path / "v.bin", max_extra_words=10, progress=False
    )
    assert stage.vector_report.figures["words"] == 5000
    assert "5,000 words of 4 components" in stage.vector_report.summary
