"""Files of word vectors as people have them: bad rows, formats under any name, phrases, marks."""

from __future__ import annotations

import gzip
import math
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.vectors.kinds import is_binary
from snnconvert.text.vectors.load import load_vectors

DIM, COUNT = 20, 60
WORDS = [str(i) if i < 3 else f"wort{i}" for i in range(COUNT - 2)] + ["über", "好"]
MATRIX = np.round(np.random.default_rng(0).standard_normal((COUNT, DIM)), 4).astype(np.float32)
NUMBERS = [" ".join(map(repr, row.tolist())) for row in MATRIX]
HEADER = f"{COUNT} {DIM}\n".encode()


def rows(at: int | None = None, row: bytes = b"") -> bytes:
    """Rows of text; ``row`` in place of row ``at``."""
    lines = [f"{w} {n}".encode() for w, n in zip(WORDS, NUMBERS, strict=True)]
    if at is not None:
        lines[at] = row
    return b"\n".join(lines) + b"\n"


def binary(at: int | None = None, word: bytes = b"", vector: np.ndarray = MATRIX[0], end=b"\n"):
    """The same in binary; with ``word`` and ``vector`` in place of row ``at``."""
    pairs = [(w.encode(), v) for w, v in zip(WORDS, MATRIX, strict=True)]
    if at is not None:
        pairs[at] = (word, vector)
    return HEADER + b"".join(w + b" " + v.astype("<f4").tobytes() + end for w, v in pairs)


def load(tmp_path, content: bytes, name: str = "v.vec"):
    (tmp_path / name).write_bytes(content)
    return load_vectors(tmp_path / name, progress=False)


def assert_all_but(vectors, at: int) -> None:
    """Every word but that of row ``at`` is there, with its own vector."""
    kept = [i for i in range(COUNT) if i != at]
    assert vectors.words == [WORDS[i] for i in kept]
    np.testing.assert_array_equal(vectors.matrix, MATRIX[kept])
    assert vectors.matrix.dtype == np.float32


def one_error(tmp_path, content: bytes, name: str) -> str:
    with pytest.raises(InputError) as error:
        load(tmp_path, content, name)
    told = str(error.value)
    assert name in told and "\n" not in told
    return told


FIVE = NUMBERS[5].split()
BAD_ROWS = {
    "blank word": (f"  {NUMBERS[5]}", "has 19 numbers, and a blank word, expected 20"),
    "no-break space as a word": (f"\xa0 {NUMBERS[5]}", "has a blank word"),
    "phrase that ends in a number": (f"iphone 6 {NUMBERS[5]}", "has 21 numbers, expected 20"),
    "word glued to a number": (f"wort{NUMBERS[5]}", "has 19 numbers, expected 20"),
    "too few": (f"wort {' '.join(FIVE[:-3])}", "has 17 numbers, expected 20"),
    "too many": (f"wort {NUMBERS[5]} 1 2", "has 22 numbers, expected 20"),
    "no number": (f"wort {' '.join(FIVE[:-1])} 0,5", "could not convert string to float"),
    "nan": (f"wort {' '.join(FIVE[:-1])} nan", "the vector of 'wort' has nan or infinity"),
    "infinity": (f"wort {' '.join(FIVE[:-1])} -inf", "the vector of 'wort' has nan or infinity"),
    "too large": (f"wort {' '.join(FIVE[:-1])} 1e39", "the vector of 'wort' has nan or infinity"),
    "not UTF-8": (b"caf\xe9 " + NUMBERS[5].encode(), r"the word b'caf\xe9' is not in UTF-8"),
    "empty": ("", "is empty"),
    "only a word": ("wort", "has 0 numbers, expected 20"),
}


@pytest.mark.parametrize("header", [HEADER, b""], ids=["header", "GloVe"])
@pytest.mark.parametrize("at", [0, 5, COUNT - 2])
@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_bad_row_is_skipped_and_counted(tmp_path, kind, at, header):
    row, reason = BAD_ROWS[kind]
    raw = row if isinstance(row, bytes) else row.encode()
    vectors = load(tmp_path, header + rows(at, raw))
    assert_all_but(vectors, at)
    assert vectors.skipped == 1
    assert vectors.note.startswith(f"1 row skipped: 1 bad (line {at + 1 + bool(header)}")
    assert reason in vectors.note


@pytest.mark.parametrize("glue", [b"", b" "], ids=["no blank", "blank"])
def test_two_lines_in_one_are_one_bad_row(tmp_path, glue):
    lines = (HEADER + rows()).split(b"\n")
    lines[7:9] = [lines[7] + glue + lines[8]]
    vectors = load(tmp_path, b"\n".join(lines))
    assert vectors.words == WORDS[:6] + WORDS[8:]
    assert vectors.skipped == 1 and "line 8 has " in vectors.note


def test_a_bad_row_does_not_take_the_place_of_a_good_one(tmp_path):
    bad = b"over " + b"nan " * DIM
    vectors = load(tmp_path, rows(3, bad) + b"over " + NUMBERS[3].encode() + b"\n")
    assert vectors.words == [w for w in WORDS if w != "wort3"] + ["over"]
    np.testing.assert_array_equal(vectors.matrix[-1], MATRIX[3])


def test_the_end_of_a_file_that_is_cut_off_is_a_bad_row(tmp_path):
    vectors = load(tmp_path, rows()[:-40])
    assert vectors.words == WORDS[:-1]
    assert "the last is bad: the file may be cut off" in vectors.note
    vectors = load(tmp_path, rows(3, b"wort")[:-40])
    assert vectors.note.startswith("2 rows skipped: 2 bad (the first: line 4 has 0 numbers")
    assert "the last is bad" in vectors.note


def test_blank_lines_at_the_end_are_no_rows(tmp_path):
    for content in (HEADER + rows() + b"\n\n", rows() + b" \n"):
        vectors = load(tmp_path, content)
        assert vectors.words == WORDS and vectors.skipped == 0 and vectors.note == ""


@pytest.mark.parametrize("header", [HEADER, HEADER + b"\n", b""], ids=["header", "both", "GloVe"])
def test_doubled_line_ends_are_no_missing_rows(tmp_path, header):
    vectors = load(tmp_path, header + rows().replace(b"\n", b"\n\n"))
    assert vectors.words == WORDS and vectors.skipped == 0


@pytest.mark.parametrize("char", ["\ufeff", "\u200b", "\u2060"])
def test_words_are_rid_of_characters_that_texts_are_rid_of(tmp_path, char):
    text = rows().decode().replace(WORDS[5], char + WORDS[5] + char)
    vectors = load(tmp_path, HEADER + text.encode())
    assert vectors.words == WORDS


@pytest.mark.parametrize("phrase", ["new york", "a . b", "no-break\xa0space"])
def test_words_with_blanks_are_counted_in_text_and_binary(tmp_path, phrase):
    text = load(tmp_path, HEADER + rows(5, f"{phrase} {NUMBERS[5]}".encode()))
    for end in (b"\n", b""):
        packed = load(tmp_path, binary(5, phrase.encode(), MATRIX[5], end))
        for vectors in (text, packed):
            assert_all_but(vectors, 5)
            assert vectors.skipped == 1
            assert "1 of words with blanks" in vectors.note and repr(phrase) in vectors.note


@pytest.mark.parametrize("end", [b"\n", b""], ids=["word2vec", "gensim"])
@pytest.mark.parametrize("at", [0, 1, 30, COUNT - 2, COUNT - 1])
@pytest.mark.parametrize(
    ("word", "vector", "told"),
    [
        (b"caf\xe9", MATRIX[5], "is not in UTF-8"),
        (b"", MATRIX[5], "has a blank word"),
        (b" ", MATRIX[5], "has a blank word"),
        (b"wort", np.full(DIM, np.nan, np.float32), "has nan or infinity"),
        (b"wort", np.where(np.arange(DIM) == 7, -np.inf, MATRIX[5]), "has nan or infinity"),
        (b"new york", MATRIX[5], "words with blanks"),
        (b"ab cde", MATRIX[5], "words with blanks"),  # a multiple of four bytes is out of step
        (b"iphone 6 plus", MATRIX[5], "words with blanks"),
    ],
    ids=["not UTF-8", "empty", "blank", "nan", "infinity", "phrase", "by four", "three words"],
)
def test_a_bad_row_of_a_binary_file(tmp_path, word, vector, told, at, end):
    vectors = load(tmp_path, binary(at, word, vector, end))
    assert_all_but(vectors, at)
    assert vectors.skipped == 1
    assert f"row {at + 1}" in vectors.note and told in vectors.note


def test_two_bad_rows_of_a_binary_file_in_a_row(tmp_path):
    data = binary(5, b"new york", MATRIX[5]).replace(b"wort6 ", b"caf\xe96 ")
    vectors = load(tmp_path, data.replace(b"wort7 ", b"caf\xe97 "))
    assert vectors.words == WORDS[:5] + WORDS[8:]
    np.testing.assert_array_equal(vectors.matrix, np.delete(MATRIX, [5, 6, 7], axis=0))


def test_unusual_sizes_of_numbers(tmp_path):
    tiny = np.resize(np.array([0.5, -1e-30, 0, 1e-45], np.float32), DIM)
    vectors = load(tmp_path, binary(5, b"wort5", tiny))
    assert vectors.words == WORDS and vectors.skipped == 0
    np.testing.assert_array_equal(vectors.matrix[5], tiny)
    vectors = load(tmp_path, binary(5, b"wort5", np.where(tiny > 0.1, np.float32(-1e30), tiny)))
    assert_all_but(vectors, 5)
    assert "row 6 has a number of 1e+30, which no word vector has" in vectors.note


@pytest.mark.parametrize("name", ["v.bin", "v.vec", "v.txt", "v", "v.model", "v.gz", "v.bin.zip"])
def test_text_or_binary_whatever_the_name(tmp_path, name):
    for content in (HEADER + rows(), rows(), binary(), binary(end=b"")):
        vectors = load(tmp_path, content, name)
        assert vectors.words == WORDS
        np.testing.assert_array_equal(vectors.matrix, MATRIX)


def test_few_binary_rows_without_a_zero_byte(tmp_path):
    data = b"2 2\nno " + struct.pack("<2f", 0.1, 0.3) + b"yes " + struct.pack("<2f", 0.7, -0.1)
    assert b"\0" not in data
    assert load(tmp_path, data).words == ["no", "yes"]


@pytest.mark.parametrize("head", [HEADER, b""], ids=["header", "GloVe"])
def test_a_byte_order_mark_is_dropped(tmp_path, head):
    assert_all_but(load(tmp_path, b"\xef\xbb\xbf" + head + rows()), -1)


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b" \r\n", b"\t\n"])
@pytest.mark.parametrize("head", [HEADER, b""], ids=["header", "GloVe"])
def test_ends_of_lines(tmp_path, head, end):
    assert_all_but(load(tmp_path, (head + rows()).replace(b"\n", end)), -1)


def test_tabs_between_numbers(tmp_path):
    assert_all_but(load(tmp_path, (HEADER + rows()).replace(b" ", b"\t")), -1)


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
@pytest.mark.parametrize("promised", [COUNT - 10, COUNT - 1, COUNT + 1, COUNT * 2])
def test_more_or_fewer_rows_than_promised(tmp_path, name, promised):
    content = binary() if name == "v.bin" else HEADER + rows()
    told = one_error(tmp_path, content.replace(HEADER, f"{promised} {DIM}\n".encode()), name)
    assert f"the header promises {promised} rows" in told


def test_bytes_behind_the_last_row_are_noticed(tmp_path):
    assert "more follow" in one_error(tmp_path, binary() + b"left", "v.bin")
    assert load(tmp_path, binary() + b"\n").words == WORDS
    for cut in (1, 3, 4 * DIM, 4 * DIM + 3):
        assert "it ends after 59" in one_error(tmp_path, binary(end=b"")[:-cut], "v.bin")


def test_bytes_that_are_lost_in_the_middle_are_noticed(tmp_path):
    data = binary(end=b"")
    vectors = load(tmp_path, data[:2000] + data[2002:])
    assert "row 24 has a number" in vectors.note
    told = one_error(tmp_path, data[:2000] + data[2020:], "v.bin")
    assert "promises 60 rows" in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"".join(b"w%d 1 2\n" % i for i in range(4)) + b"w 1\n" * 2, "2 of 6 rows are bad"),
        (b"w 1 2\n" * 100 + b"w 1\n" * 11, "line 101 has 1 numbers, expected 2; 11 of 111 rows"),
        (f"{COUNT} 300\n".encode() + rows(), "line 2 has 20 numbers, expected 300; 60 of 60 rows"),
        (rows().replace(b".", b","), "line 1: could not convert string to float"),
        (b"".join(f"caf\xe9{i} 1 2\n".encode("latin1") for i in range(9)), "words in UTF-8"),
        (b"word 1 2\n" + b"wrong\n" * 5000, "1000 of 1001 rows are bad"),  # and no need to read on
    ],
)
def test_files_that_are_bad_altogether(tmp_path, content, told):
    assert told in one_error(tmp_path, content, "v.vec")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xba\x16\x4f\x2f\x0c\0\0\0", "a model of fastText): give the .vec file"),
        (b"\x80\x04\x95", "a pickle, which is never loaded): write it with gensim's"),
        (b"\x93NUMPY\x01\0", "NumPy"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("a 1 2\n".encode("utf-16"), "UTF-16 -t UTF-8"),
        (b"v.txt".ljust(257, b"\0") + b"ustar\0", "a tar archive"),
        (b"5 3\n", "the header promises 5 rows, but there are 0"),
        (b"\n\n", "the file is empty"),
        (b"3 2\n", "but there are 0"),
        (b"1 9999999\nword \0\0\0\0", "vectors of length 9999999"),
        (b"3 2\n" + b"\xff\0" * 5000, "row 1 is damaged"),
        (b"w 0.5 " * 4_000_000, "a line has more than 16777216 bytes"),
    ],
)
def test_files_of_another_kind(tmp_path, content, told):
    for name in ("v.vec", "v.bin"):
        assert told in one_error(tmp_path, content, name)


def saved_by_gensim(path, words, matrix, binary_):
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(matrix.shape[1])
    vectors.add_vectors(words, matrix)
    vectors.save_word2vec_format(str(path), binary=binary_)
    return KeyedVectors.load_word2vec_format(str(path), binary=binary_)


# What gensim itself can write and read again: no blanks, and no break before a word.
ANY_WORD = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=6)
VALUES = st.floats(-8, 8, width=32).map(lambda x: 0.0 if abs(x) < 1e-9 else x)


@given(
    words=st.lists(ANY_WORD, min_size=1, max_size=8, unique=True),
    dim=st.integers(2, 6),
    binary_=st.booleans(),
    data=st.data(),
)
def test_round_trips_agree_with_gensim(tmp_path_factory, words, dim, binary_, data):
    row = st.lists(VALUES, min_size=dim, max_size=dim)
    matrix = np.array([data.draw(row) for _ in words], np.float32)
    path = tmp_path_factory.mktemp("gensim") / "vectors"
    reference = saved_by_gensim(path, words, matrix, binary_)
    # a few numbers may happen to be letters; no file is so small
    assume(not binary_ or is_binary(path.read_bytes().partition(b"\n")[2]))
    vectors = load_vectors(path, progress=False)
    assert vectors.words == reference.index_to_key
    np.testing.assert_array_equal(vectors.matrix, reference.vectors)
    assert vectors.skipped == 0


def test_many_binary_rows_with_phrases_between_them(tmp_path):
    """More rows than are looked at together; gensim gets out of step at the first phrase."""
    draw = np.random.default_rng(1)
    matrix = draw.normal(0, 0.3, (3000, 50)).astype(np.float32)
    phrases = set(draw.choice(3000, 200, replace=False).tolist())
    words = [f"w{i} of {i}" if i in phrases else f"w{i}" for i in range(3000)]
    rows_ = (w.encode() + b" " + v.tobytes() for w, v in zip(words, matrix, strict=True))
    vectors = load(tmp_path, b"3000 50\n" + b"".join(rows_), "v.bin")
    kept = [i for i in range(3000) if i not in phrases]
    assert vectors.words == [words[i] for i in kept]
    np.testing.assert_array_equal(vectors.matrix, matrix[kept])
    assert vectors.skipped == 200 and "200 of words with blanks" in vectors.note


def test_the_matrix_is_in_memory_once(tmp_path):
    """Peak memory while reading is near that of the matrix, not twice that."""
    import tracemalloc

    count, dim = 20_000, 100
    matrix = np.random.default_rng(2).normal(0, 1, (count, dim)).astype(np.float32)
    content = b"".join(b"w%d " % i + row.tobytes() for i, row in enumerate(matrix))
    (tmp_path / "v.bin").write_bytes(b"%d %d\n" % (count, dim) + content)
    tracemalloc.start()
    try:
        vectors = load_vectors(tmp_path / "v.bin", progress=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(vectors.matrix, matrix)
    assert peak < math.ceil(1.8 * matrix.nbytes)


@given(
    kind=st.sampled_from(["text", "binary", "gzip", "zip"]),
    at=st.floats(0, 1),
    lost=st.sampled_from([0, 0, 1, 4, 300]),
    put=st.binary(max_size=8) | st.sampled_from([b" ", b"\n", b"nan", b"\xff"]),
)
def test_no_damage_ends_in_anything_but_vectors_or_one_error(tmp_path_factory, kind, at, lost, put):
    folder = tmp_path_factory.mktemp("damaged")
    whole = binary() if kind == "binary" else HEADER + rows()
    if kind == "gzip":
        whole = gzip.compress(whole, mtime=0)
    elif kind == "zip":
        with zipfile.ZipFile(folder / "z", "w") as archive:
            archive.writestr("v.vec", whole)
        whole = (folder / "z").read_bytes()
    place = int(at * len(whole))
    try:
        vectors = load(folder, whole[:place] + put + whole[place + lost :])
    except InputError as error:
        assert "v.vec" in str(error) and "\n" not in str(error)
        return
    assert len(set(vectors.words)) == len(vectors.words) == len(vectors.matrix)
    assert np.isfinite(vectors.matrix).all()
    assert all(word.split() == [word] for word in vectors.words)
