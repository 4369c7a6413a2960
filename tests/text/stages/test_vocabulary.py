"""Ids, their order, and files that are not vocabularies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.stages.vocabulary import PAD, UNK, Vocabulary

WORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda w: "\n" not in w and w not in (PAD, UNK)
)


def test_order_is_by_count_then_name():
    built = Vocabulary.build(
        {"b": 2, "c": 5, "a": 2, "rare": 1}, min_count=2, extra_words=["z", "a"]
    )
    assert built.words == (PAD, UNK, "c", "a", "b", "z")
    assert built.ids(["a", "rare", "z", PAD]) == [3, 1, 5, 0]
    assert "z" in built
    assert "rare" not in built
    assert len(built) == 6


def test_max_words_and_specials_in_the_counts():
    built = Vocabulary.build({PAD: 9, UNK: 9, "a": 3, "b": 2}, max_words=1, extra_words=[UNK])
    assert built.words == (PAD, UNK, "a")


@given(st.lists(WORD, unique=True))
def test_save_and_load_give_the_same(tmp_path_factory, words):
    path = tmp_path_factory.mktemp("vocabulary") / "vocabulary.txt"
    built = Vocabulary(words)
    built.save(path)
    assert Vocabulary.load(path) == built


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a", "a"], "'a' is in the list twice"),
        ([UNK], "twice"),
        (["a\nb"], "one line"),
        ([""], "one line"),
        (["\ud800"], "UTF-8"),
    ],
)
def test_bad_words(words, message):
    with pytest.raises(InputError, match=message):
        Vocabulary(words)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cut off or of another kind"),
        ("a\nb\n", "cut off or of another kind"),
        ("<pad>\n<unk>\na", "cut off or of another kind"),
        ("<pad>\n<unk>\na\na\n", "vocabulary.txt: .*'a' is in the list twice"),
        ("<pad>\n<unk>\n\n", "one line"),
    ],
)
def test_bad_files(tmp_path, content, message):
    path = tmp_path / "vocabulary.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        Vocabulary.load(path)


def test_missing_and_wrongly_encoded_files(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        Vocabulary.load(tmp_path / "none.txt")
    (tmp_path / "gb.txt").write_bytes("<pad>\n<unk>\n好\n".encode("gb18030"))
    with pytest.raises(InputError, match="UTF-8"):
        Vocabulary.load(tmp_path / "gb.txt")
