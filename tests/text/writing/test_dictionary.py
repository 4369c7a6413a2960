"""A user's words for jieba: as jieba itself reads them, apart from each other, bad lines named."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.segment import segment, segmenter
from snnconvert.text.stages.words import TextStage
from snnconvert.text.writing.dictionary import UserDictionary
from snnconvert.text.writing.jieba_words import tokenizer
from snnconvert.text.writing.writing import Writing

TEXT = "今天的麻辣香锅味道巴适得板，小龙坎也不错"
LINES = "麻辣香锅 100 n\n巴适得板\n小龙坎 5\n味道巴 3 a\n"


def read(folder: Path, content: str | bytes) -> UserDictionary:
    path = folder / "words.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return UserDictionary.read(path)


def test_as_jieba_reads_it(tmp_path: Path) -> None:
    import jieba

    ours = read(tmp_path, LINES)
    theirs = jieba.Tokenizer()
    theirs.load_userdict(str(tmp_path / "words.txt"))
    assert tokenizer(ours).FREQ == theirs.FREQ and tokenizer(ours).total == theirs.total
    assert segmenter("zh", ours)(TEXT) == list(theirs.cut(TEXT))
    assert "麻辣香锅" in segmenter("zh", ours)(TEXT) and "麻辣香锅" not in segment(TEXT, "zh")


def test_dictionaries_do_not_disturb_each_other_nor_jieba(tmp_path: Path) -> None:
    import jieba

    plain = segment(TEXT, "zh")
    one, two = read(tmp_path, "麻辣香锅 900\n"), read(tmp_path, "香锅味道 99999\n")
    cut = [segmenter("zh", given) for given in (one, two)]
    first = [words(TEXT) for words in cut]
    assert first[0] != first[1] and plain not in first
    jieba.add_word("今天的麻辣")
    try:
        assert [words(TEXT) for words in cut] == first
        assert segment(TEXT, "zh") == plain != jieba.lcut(TEXT)
    finally:
        jieba.del_word("今天的麻辣")
    assert [words(TEXT) for words in cut] == first


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("好吃 3\n难吃 x 3\n", "line 2 is '难吃 x 3'"),
        ("好吃 3 n more\n", "line 1"),
        ("\n\n好吃 -3\n", "line 3"),
        ("好吃 2.5\n", "line 1"),
        ("好吃 0\n", "line 1 gives '好吃' the frequency 0"),
        ("", "it has none"),
        (" \n\t\n", "it has none"),
        ("好吃\n".encode("gb18030"), "GB18030"),
    ],
)
def test_bad_files(tmp_path: Path, content: str | bytes, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(InputError, match="dictionary of words for jieba"):
            UserDictionary.read(path)


def test_marks_line_ends_and_tabs(tmp_path: Path) -> None:
    plain = read(tmp_path, "好吃 3 n\n难吃\n")
    assert read(tmp_path, b"\xef\xbb\xbf" + "好吃 3 n\r\n\r\n  难吃".encode()) == plain
    assert read(tmp_path, "好吃\t3\tn\n难吃\n") == plain
    assert plain.never_found == []
    assert read(tmp_path, "史蒂夫·乔布斯 5\n好吃\n").never_found == ["史蒂夫·乔布斯"]


ENTRY = st.tuples(
    st.text(alphabet="好吃味道ab1", min_size=1, max_size=4),
    st.none() | st.integers(1, 10**6),
    st.sampled_from([None, "n", "nr"]),
)


@given(st.lists(ENTRY, min_size=1, max_size=6))
def test_what_is_saved_is_what_was_read(tmp_path_factory: pytest.TempPathFactory, entries) -> None:
    path = tmp_path_factory.mktemp("words") / "words.txt"
    given_words = UserDictionary(tuple(entries))
    given_words.save(path)
    assert UserDictionary.read(path) == given_words
    assert UserDictionary.read(path).entries == given_words.entries


def test_words_are_written_as_the_texts_are(tmp_path: Path) -> None:
    words = read(tmp_path, "麻辣香鍋 100\nＡ套餐 100\n")
    writing = Writing("all", "simplified", words)
    stage, _ = TextStage.fit(["麻辣香鍋很好", "麻辣香锅很好，A套餐"], "zh", dim=2, writing=writing)
    assert stage.segment("麻辣香鍋Ａ套餐") == ["麻辣香锅", "a套餐"]
    again = pickle.loads(pickle.dumps(stage))  # as it goes to workers
    assert again == stage and again.segment("麻辣香鍋Ａ套餐") == stage.segment("麻辣香鍋Ａ套餐")
