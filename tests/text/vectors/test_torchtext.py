"""torchtext 0.6 objects, real ones where the extra is installed and look-alikes everywhere."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage
from snnconvert.text.vectors.load import load_vectors
from snnconvert.text.vectors.torchtext import from_torchtext

MATRIX = np.arange(8, dtype=np.float64).reshape(4, 2)


def look_alike(itos=("<unk>", "<pad>", "good", "bad"), vectors=MATRIX):
    return SimpleNamespace(itos=list(itos), vectors=vectors)


def test_look_alike():
    vectors = from_torchtext(look_alike())
    assert vectors.words == ["good", "bad"]
    assert vectors.matrix.tolist() == [[4, 5], [6, 7]]
    assert vectors.matrix.dtype == np.float32
    assert load_vectors(look_alike()).words == ["good", "bad"]


def test_vectors_for_a_vocabulary_without():
    given = from_torchtext(look_alike(vectors=None), look_alike(["x", "bad", "y", "<unk>"]))
    assert given.words == ["bad"]
    assert given.matrix.tolist() == [[2, 3]]


def test_a_stage_takes_them():
    stage, matrix = TextStage.fit(
        Split(("good bad new",), (0,)), "en", look_alike(), progress=False
    )
    assert stage.vectors_source == "torchtext SimpleNamespace"
    assert matrix.shape == (5, 2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (look_alike(vectors=None), "build the Vocab with vectors="),
        (look_alike([]), "with itos and vectors"),
        (look_alike(["a"]), r"each of 1 words, but got shape \(4, 2\)"),
        (look_alike(["<a>", "<b>", "<c>", "<d>"]), "none of the words"),
        (look_alike(vectors=MATRIX * np.nan), "vector of 'good' has nan"),
    ],
)
def test_unusable_objects(given, message):
    with pytest.raises(InputError, match=message):
        from_torchtext(given)


def test_real_objects(tmp_path):
    vocab = pytest.importorskip("torchtext.vocab", reason="needs the extra torchtext")
    path = tmp_path / "small.txt"
    path.write_text("good 1 2 3\nbad 4 5 6\n")
    vectors = vocab.Vectors("small.txt", cache=str(tmp_path))
    built = vocab.Vocab(Counter({"good": 2, "new": 1}), vectors=vectors)
    found = from_torchtext(built)
    assert found.words == ["good"]
    assert found.matrix.tolist() == [[1, 2, 3]]
    assert from_torchtext(vectors).words == ["good", "bad"]
    plain = vocab.Vocab(Counter({"good": 2, "new": 1}))
    assert from_torchtext(plain, vectors).words == ["good"]
