"""Long texts are read to their end, in pieces that a sentence encoder reads at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.text.stages.load import load_stage
from snnconvert.text.stages.sentence.encoder import SentenceEncoder, fresh_encoder, trust
from snnconvert.text.stages.sentence.pieces import cut, whole_vectors
from snnconvert.text.stages.sentence.stage import SentenceStage


class Words:
    """A tokenizer of words and signs."""

    def __call__(self, text: str, **_: Any) -> dict[str, list[tuple[int, int]]]:
        return {"offset_mapping": [found.span() for found in re.finditer(r"\w+|[^\w\s]", text)]}


def tokens(text: str) -> int:
    return len(Words()(text)["offset_mapping"])


@given(st.text("ab .,\n", max_size=80), st.integers(1, 9))
def test_pieces_are_the_text_none_is_too_long_and_there_are_few(text: str, most: int) -> None:
    found = cut(text, Words(), most)
    assert "".join(found) == text
    assert all(tokens(piece) <= most for piece in found)
    assert len(found) == max(1, -(-tokens(text) // most))


def test_they_are_about_as_long() -> None:
    assert cut("a b c d e f g", Words(), 5) == ["a b c ", "d e f g"]


def lengths(texts: list[str]) -> np.ndarray:
    """Unit vectors by the first letter: what an encoder with a norm at its end gives."""
    return np.array([[1.0, 0.0] if text.strip()[:1] == "a" else [0.0, 1.0] for text in texts])


def test_a_long_text_is_the_mean_of_its_pieces_as_long_as_they_are() -> None:
    found = whole_vectors(lengths, ["a a b b", "b", "a a b b a a b b b b"], Words(), 2)
    np.testing.assert_allclose(found[0], [0.5**0.5, 0.5**0.5])
    np.testing.assert_allclose(found[1], [0, 1])
    np.testing.assert_allclose(found[2], np.array([2, 3]) / 13**0.5)


def test_opposite_pieces_have_no_direction() -> None:
    found = whole_vectors(
        lambda texts: np.array([[1.0 if "a" in text else -1.0] for text in texts]),
        ["a b"],
        Words(),
        1,
    )
    assert found.tolist() == [[0.0]]


def test_what_reads_any_length_is_given_whole_texts() -> None:
    given_: list[str] = []

    def encode(texts: list[str]) -> np.ndarray:
        given_.extend(texts)
        return np.zeros((len(texts), 1))

    whole_vectors(encode, ["a b c d"], Words(), None)
    assert given_ == ["a b c d"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> SentenceEncoder:
    pytest.importorskip("sentence_transformers")
    from snnconvert.tests.helpers.sentence_encoder import encoder_folder

    folder = encoder_folder(tmp_path_factory.mktemp("encoder"), [f"w{i}" for i in range(40)])
    return fresh_encoder(str(folder))  # reads 32 tokens, two of them special


LONG = " ".join(f"w{i}" for i in range(40)) + " w0" * 20


def test_a_real_encoder_reads_to_the_end(encoder: SentenceEncoder) -> None:
    texts = ["w1 w2", LONG, LONG + " w5 w6 w7"]
    found = encoder.vectors(texts)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    half = cut(LONG, encoder.model.tokenizer, 30)
    assert [len(piece.split()) for piece in half] == [30, 30]
    mean = encoder.vectors(half).mean(0)
    np.testing.assert_allclose(found[1], mean / np.linalg.norm(mean), atol=1e-5)
    assert np.abs(found[2] - found[1]).max() > 1e-3  # which the end alone changes
    short = encoder.vectors(texts, whole=False)
    np.testing.assert_allclose(short[0], found[0], atol=1e-6)
    np.testing.assert_allclose(short[1], short[2], atol=1e-6)


def test_a_run_of_before_reads_what_it_read_then(encoder: SentenceEncoder, tmp_path: Path) -> None:
    trust(encoder.name)
    stage = SentenceStage.fit(["w1 w2", LONG], "en", encoder.name, progress=False)[0]
    stage.save(tmp_path)
    assert load_stage(tmp_path) == stage and stage.whole
    values = {name: value for name, value in stage.values().items() if name != "whole"}
    old = SentenceStage.from_values(values, tmp_path)
    assert old["whole"] is False
