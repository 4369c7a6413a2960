"""Word vectors: every format against gensim's own reader, and every kind of broken file."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError, SnnConvertError
from snnconvert.text.vectors.load import (
    GENSIM_WORDS,
    WordVectors,
    load_vectors,
    random_vectors,
)

WORDS = ["good", "bad", "好"]
MATRIX = np.array([[0.5, -1.25], [2.0, 0.125], [-3.0, 1e-3]], np.float32)
TEXTS = [["the", "food", "is", "good"], ["the", "room", "is", "bad"]] * 10


def rows(trailing: str = "") -> str:
    return "".join(
        f"{word} {vector[0]} {vector[1]}{trailing}\n"
        for word, vector in zip(WORDS, MATRIX.tolist(), strict=True)
    )


def binary() -> bytes:
    body = b"".join(
        word.encode() + b" " + vector.astype("<f4").tobytes() + b"\n"
        for word, vector in zip(WORDS, MATRIX, strict=True)
    )
    return b"3 2\n" + body


def write(path, content):
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("word2vec.txt", "3 2\n" + rows()),
        ("word2vec.txt.gz", "3 2\n" + rows()),
        ("trailing.vec", "3 2\n" + rows(" ")),
        ("crlf.txt", "3 2\r\n" + rows("\r")),
        ("glove.txt", rows()),
        ("glove.txt.gz", rows()),
        ("word2vec.bin", binary()),
        ("word2vec.bin.gz", binary()),
        ("unnamed.gz", binary()),
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
)
def test_formats(tmp_path, name, content):
    vectors = load_vectors(write(tmp_path / name, content))
    assert vectors.words == WORDS
    assert vectors.source == name
    assert vectors.dim == 2
    assert vectors.matrix.dtype == np.float32
    np.testing.assert_array_equal(vectors.matrix, MATRIX)


def test_repeated_words_keep_the_first_row_and_spaced_words_are_skipped(tmp_path):
    content = rows() + "good 9 9\n" + ". . 1 2\n"
    vectors = load_vectors(write(tmp_path / "glove.txt", content))
    assert vectors.words == WORDS
    np.testing.assert_array_equal(vectors.matrix, MATRIX)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.txt", "", "the file is empty"),
        ("header.txt", "0 2\n", "header.txt has none"),
        ("short.txt", rows() + "ugly 1\n", "line 4 has 1 numbers, expected 2"),
        ("long.txt", "3 2\n" + rows().replace("bad", "bad 7"), "line 3 has 3 numbers, expected 2"),
        ("count.txt", "4 2\n" + rows(), "header promises 4 rows, but there are 3"),
        ("nan.txt", rows() + "ugly nan 1\n", "vector of 'ugly' has nan or infinity"),
        ("inf.txt", rows() + "ugly 1 -inf\n", "vector of 'ugly' has nan or infinity"),
        ("text.txt", "this is no vector file\nat all\n", "line 1: could not convert"),
        ("blank.txt", "\n" + rows(), "line 1 is empty"),
        ("gb.txt", "好 1 2\n".encode("gb18030"), "expected words in UTF-8"),
        ("cut.bin", binary()[:-6], "cut off, damaged or of another kind"),
        ("cut.txt.gz", gzip.compress(rows().encode(), mtime=0)[:-9], "cut off, damaged"),
        ("fake.txt.gz", b"not gzip", "cut off, damaged"),
        ("huge.bin", b"9999999999 300\nword \0\0", "more than the file can hold"),
        ("header.bin", b"no header\n", "no header of two integers"),
        ("pickle.kv", b"\x80\x04", "is a .kv file: write it with gensim's save_word2vec_format"),
    ],
)
def test_broken_files(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError, match=message) as error:
        load_vectors(path)
    assert "\n" not in str(error.value)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        load_vectors(tmp_path / "none.txt")
    with pytest.raises(InputError, match="there is no such file"):
        load_vectors("vectors.bin")
    with pytest.raises(InputError, match="expected a file of word vectors"):
        load_vectors("a" * 5000 + ".txt")
    with pytest.raises(InputError, match="is a folder"):
        load_vectors(tmp_path)


def test_dim_must_agree(tmp_path):
    path = write(tmp_path / "glove.txt", rows())
    assert load_vectors(path, dim=2).dim == 2
    with pytest.raises(InputError, match=r"of length 5, but those of glove.txt have 2"):
        load_vectors(path, dim=5)
    with pytest.raises(InputError, match="length 1 or more"):
        load_vectors("random", segments=TEXTS, dim=0)


def test_downloader_name(tmp_path, monkeypatch):
    import gensim.downloader

    path = write(tmp_path / "some-set.gz", rows())
    asked = {}

    def load(name, return_path=False):
        asked.update(name=name, return_path=return_path)
        return str(path)

    monkeypatch.setattr(gensim.downloader, "load", load)
    vectors = load_vectors("some-set")
    assert vectors.words == WORDS
    assert vectors.source == "some-set"
    assert asked == {"name": "some-set", "return_path": True}  # never runs fetched code


@pytest.mark.parametrize(
    ("failure", "kind", "message"),
    [
        (OSError("no route\nto host"), SnnConvertError, "downloader cannot be reached"),
        (ValueError("unknown name"), InputError, "a name that gensim's downloader knows"),
    ],
)
def test_downloader_failures(monkeypatch, failure, kind, message):
    import gensim.downloader

    def load(name, return_path=False):
        raise failure

    monkeypatch.setattr(gensim.downloader, "load", load)
    with pytest.raises(kind, match=message) as error:
        load_vectors("some-set")
    assert "\n" not in str(error.value)


def test_random_vectors_depend_on_word_and_seed_alone():
    both, turned = random_vectors(["a", "b"], 50, 0), random_vectors(["b", "a"], 50, 0)
    np.testing.assert_array_equal(both, turned[::-1])
    assert not np.array_equal(both[0], both[1])
    assert not np.array_equal(both, random_vectors(["a", "b"], 50, 1))
    many = random_vectors([str(i) for i in range(500)], 20, 3)
    assert many.dtype == np.float32
    assert -1 <= many.min() < -0.99
    assert 0.99 < many.max() < 1
    assert abs(many.mean()) < 0.02
    assert abs(many.std() - 3**-0.5) < 0.01


def test_random_vectors_are_the_same_everywhere():
    golden = [[0.8524811267852783, -0.07130396366119385, 0.3675262928009033]]
    np.testing.assert_array_equal(random_vectors(["好"], 3, 0), np.array(golden, np.float32))


@given(st.lists(st.text(), unique=True, max_size=5))
def test_random_vectors_of_any_words(words):
    assert random_vectors(words, 4, 0).shape == (len(words), 4)


def test_random_and_trained_need_texts():
    for source in ("random", "train"):
        with pytest.raises(InputError, match="need training texts with words"):
            load_vectors(source, segments=[[], []])


def test_random_source_lists_every_word_once():
    vectors = load_vectors("random", segments=TEXTS, dim=7)
    assert vectors.words == ["the", "food", "is", "good", "room", "bad"]
    assert vectors.matrix.shape == (6, 7)
    assert load_vectors("random", segments=TEXTS[:1]).dim == 100
    assert load_vectors("random", segments=[["a", "b"] * 500_000]).dim == 300  # a large corpus


def test_vectors_pass_through():
    vectors = WordVectors(WORDS, MATRIX, "mine")
    assert load_vectors(vectors) is vectors


@pytest.mark.long
def test_training_is_the_same_whatever_the_hash_seed():
    code = (
        "from snnconvert.text.vectors.load import load_vectors;"
        f"v = load_vectors('train', segments={TEXTS!r}, dim=4, seed=1, epochs=3);"
        "print(v.words, v.matrix.tobytes().hex())"
    )
    path = os.pathsep.join(sys.path)
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert set(outputs.pop().split("]")[0].strip("[").replace("'", "").split(", ")) == {
        word for text in TEXTS for word in text
    }


def test_training_depends_on_seed_and_parameters():
    texts = TEXTS * 20

    def trained(**change):
        return load_vectors("train", segments=texts, dim=4, **{"epochs": 3, **change}).matrix

    np.testing.assert_array_equal(trained(), trained())
    for change in ({"seed": 1}, {"epochs": 9}, {"window": 1}):
        assert not np.array_equal(trained(), trained(**change))
    with pytest.raises(InputError, match="window and epochs"):
        load_vectors("train", segments=TEXTS, epochs=0)


def test_training_reads_the_end_of_a_very_long_text():
    start, end = ["a", "b"] * (GENSIM_WORDS // 2), ["c", "d", "a"] * 50
    whole = load_vectors("train", segments=[start + end], dim=4, epochs=3)
    pieces = load_vectors("train", segments=[start, end], dim=4, epochs=3)
    assert whole.words == pieces.words
    np.testing.assert_array_equal(whole.matrix, pieces.matrix)


@pytest.fixture
def bars(monkeypatch):
    """What ``disable`` was, and the bar, of every progress bar; all are drawn."""
    import tqdm

    made = []

    class Bar(tqdm.tqdm):
        def __init__(self, **settings):
            made.append((settings["disable"], self))
            super().__init__(**settings | {"disable": False, "file": io.StringIO()})

    monkeypatch.setattr(tqdm, "tqdm", Bar)
    return made


@pytest.mark.parametrize("name", ["v.txt", "v.txt.gz", "v.bin", "v.bin.gz"])
def test_reading_shows_how_much_of_the_file_is_read(tmp_path, bars, name):
    words = [f"w{i}" for i in range(3000)]
    matrix = np.random.default_rng(0).standard_normal((3000, 8)).astype(np.float32)
    path = tmp_path / name
    opener = gzip.open if name.endswith("gz") else open
    with opener(path, "wb") as handle:
        handle.write(b"3000 8\n")
        for word, row in zip(words, matrix, strict=True):
            text = " ".join(map(repr, row.tolist())).encode()
            handle.write(word.encode() + b" " + (row.tobytes() if "bin" in name else text) + b"\n")
    vectors = load_vectors(path)
    assert vectors.words == words
    np.testing.assert_array_equal(vectors.matrix, matrix)
    if "bin" in name:
        from gensim.models import KeyedVectors

        reference = KeyedVectors.load_word2vec_format(str(path), binary=True)
        assert reference.index_to_key == words
        np.testing.assert_array_equal(reference.vectors, matrix)
    load_vectors(path, progress=False)
    (disable, bar), (off, _) = bars
    assert disable is None and off is True  # None: a bar only where there is a terminal
    assert bar.n == bar.total == path.stat().st_size


def test_training_shows_every_pass_over_the_texts(bars):
    load_vectors("train", segments=TEXTS, dim=4, epochs=3)
    ((disable, bar),) = bars
    assert disable is None and bar.n == bar.total == 4 * len(TEXTS)  # one to count, three to learn


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "rows_", "dim"),
    [
        ("glove.6B.50d.subset.txt.gz", 8865, 50),
        ("word2vec-GoogleNews-300d.8000.txt.gz", 8000, 300),
    ],
)
def test_real_files_agree_with_gensim(shared, name, rows_, dim):
    from gensim.models import KeyedVectors

    path = shared / "embeddings" / name
    vectors = load_vectors(path)
    assert vectors.matrix.shape == (rows_, dim)
    reference = KeyedVectors.load_word2vec_format(str(path), limit=300, no_header="glove" in name)
    assert vectors.words[:300] == reference.index_to_key
    np.testing.assert_array_equal(vectors.matrix[:300], reference.vectors)
