"""A user's own vocabulary: which row belongs to which word, in every form in which it comes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.maps.sigma import RangeMap
from snnconvert.text.stages.own_vocabulary import own_vocabulary
from snnconvert.text.stages.vocabulary import FILL, Vocabulary
from snnconvert.text.stages.words import TextStage

WORDS = ["the", "<unk>", "cat", "<pad>", "sat"]
INDEX = {word: i for i, word in enumerate(WORDS)}


class Vocab:
    """As torchtext's from 0.8 on."""

    def get_itos(self) -> list[str]:
        return WORDS


@pytest.mark.parametrize(
    "form",
    [
        INDEX,
        WORDS,
        tuple(WORDS),
        {i: word for word, i in INDEX.items()},
        {word: np.int64(i) for word, i in INDEX.items()},
        Vocab(),
        SimpleNamespace(itos=WORDS, stoi=INDEX),
    ],
    ids=["ids", "list", "tuple", "words by id", "numpy", "torchtext", "torchtext 0.6"],
)
def test_every_form_is_read_the_same(form):
    found = own_vocabulary(form, 5)
    assert found.vocabulary.words == ("<pad>", "<unk>", FILL, "the", "cat", "sat")
    assert found.ids.tolist() == [3, 1, 3, 0, 2, 4] and found.left_out == 0
    matrix = np.arange(10, dtype=np.float32).reshape(5, 2)
    assert found.rows(matrix).tolist() == [[0, 0], [2, 3], [6, 7], [0, 1], [4, 5], [8, 9]]


def test_ids_may_be_named_and_missing():
    found = own_vocabulary({"a": 1, "b": 2}, 3, padding=0, unknown=None)
    assert found.ids.tolist() == [0, -1, 0, 1, 2]
    assert found.rows(np.ones((3, 1), np.float32))[:, 0].tolist() == [0, 0, 1, 1, 1]
    one = own_vocabulary({"a": 1, "b": 2}, 3, padding=0, unknown=0)  # one row for both
    assert one.rows(np.ones((3, 1), np.float32))[:, 0].tolist() == [0, 1, 1, 1, 1]
    none = own_vocabulary(["x", "y"], 2, padding=None, unknown="y")
    assert none.ids.tolist() == [-1, 1, 0, 1] and FILL not in none.vocabulary


def test_words_with_capitals_stand_for_their_lower_case():
    words = ["[PAD]", "[UNK]", "USA", "The", "the", "Usa", "", "a\nb", " "]
    found = own_vocabulary(words, len(words))
    assert found.vocabulary.words[3:] == ("usa", "the") and found.ids[3:].tolist() == [2, 4]
    assert found.left_out == 5


@given(st.dictionaries(st.text(max_size=6), st.none(), min_size=1, max_size=30))
def test_any_words_make_a_vocabulary_whose_rows_are_theirs(words):
    index = {word: i + 1 for i, word in enumerate(words)}
    try:
        found = own_vocabulary(index, len(index) + 1, padding=0, unknown=None)
    except InputError as error:
        assert "besides the special ones" in str(error)
        return
    for word, i in zip(found.vocabulary.words[3:], found.ids[3:], strict=True):
        assert index.get(word, i) == i or word not in index
        assert word in {w.lower() for w, j in index.items() if j == i} | {
            w for w, j in index.items() if j == i
        }


@pytest.mark.parametrize(
    ("vocabulary", "rows", "options", "reason"),
    [
        (INDEX, 6, {}, "of the 6 rows .* ids 0 to 4, and row 5 has no word"),
        (INDEX, 4, {}, "of the 4 rows .* the id 4 has no row"),
        (["a", "b"], 2, {}, "one word for padding .* it has none; give padding=ID"),
        ([*WORDS, "[PAD]"], 6, {}, "it has '<pad>', '.PAD.'; give padding=ID"),
        (WORDS, 5, {"unknown": "oov"}, "'oov' is no word"),
        (WORDS, 5, {"padding": 5}, "an id of 0 to 4, but got 5"),
        (WORDS, 5, {"padding": True}, "an id of 0 to 4, but got True"),
        (["a", "a"], 2, {"padding": 0, "unknown": 0}, "'a' has two ids"),
        ({"a": 0.5}, 1, {}, "but got dict of other things"),
        ({}, 1, {}, "but got dict"),
        ("abc", 3, {}, "but got str"),
        (None, 3, {}, "but got NoneType"),
        (["<pad>", "<unk>"], 2, {}, "none besides the special ones"),
    ],
)
def test_what_is_no_vocabulary_of_these_rows_is_refused(vocabulary, rows, options, reason):
    with pytest.raises(InputError, match=reason) as caught:
        own_vocabulary(vocabulary, rows, **options)
    assert "\n" not in str(caught.value)


def stage(fill: int) -> TextStage:
    words = [FILL, "a", "b"] if fill else ["a", "b"]
    return TextStage("en", Vocabulary(words), 4, RangeMap(0.0, 1.0), {}, "mine", 2, fill=fill)


def test_short_texts_are_filled_up_with_a_word_that_no_text_has(tmp_path):
    texts = ["", "b", "a b a b a b", "<fill> a"]
    found = [ids.tolist() for ids in stage(3).encode(texts)]
    assert found == [[2, 2, 2], [4, 2, 2], [3, 4, 3, 4], [1, 1, 1, 3]]
    assert [len(ids) for ids in stage(0).encode(texts)] == [0, 1, 4, 4]
    stage(3).save(tmp_path)
    assert TextStage.load(tmp_path) == stage(3)
    stage(0).save(tmp_path)
    assert TextStage.load(tmp_path).fill == 0
    assert "fill" not in (tmp_path / "stage.json").read_text(encoding="utf-8")


def test_a_stage_that_fills_needs_the_word(tmp_path):
    stage(0).save(tmp_path)
    path = tmp_path / "stage.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"dim": 2', '"dim": 2, "fill": 3'), encoding="utf-8")
    with pytest.raises(InputError, match="not complete .*fill without the word"):
        TextStage.load(tmp_path)
