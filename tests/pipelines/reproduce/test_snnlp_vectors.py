"""Vectors of many texts, made part by part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snnconvert.pipelines.reproduce.snnlp.data import inputs, parts
from snnconvert.pipelines.reproduce.snnlp.data.inputs import made_inputs
from snnconvert.pipelines.reproduce.snnlp.data.parts import in_parts
from snnconvert.pipelines.reproduce.snnlp.data.texts import Labelled

TEXTS = [f"text {number}" for number in range(7)]


def lengths(texts) -> np.ndarray:
    return np.array([[len(text), int(text[-1])] for text in texts], np.float32)


@pytest.fixture(autouse=True)
def parts_of_three(monkeypatch):
    monkeypatch.setattr(parts, "PART", 3)


def test_a_stopped_run_goes_on_with_the_part_it_was_at(tmp_path: Path):
    asked: list[int] = []

    def make(texts) -> np.ndarray:
        asked.append(len(texts))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return lengths(texts)

    with pytest.raises(KeyboardInterrupt):
        in_parts(TEXTS, make, tmp_path / "p", "own")
    rows = in_parts(TEXTS, make, tmp_path / "p", "own")
    assert asked == [3, 3, 3, 1]
    np.testing.assert_array_equal(rows, lengths(TEXTS))


@pytest.mark.parametrize("change", ["key", "text", "broken"])
def test_a_part_of_something_else_is_made_anew(tmp_path: Path, change: str):
    texts, key = list(TEXTS), "own"
    in_parts(texts, lengths, tmp_path, key)
    if change == "key":
        key = "other"
    elif change == "text":
        texts[0] = "other 9"
    else:
        place = tmp_path / "00000000.safetensors"
        place.write_bytes(place.read_bytes()[:20])
    asked: list[list[str]] = []

    def make(texts) -> np.ndarray:
        asked.append(list(texts))
        return lengths(texts)

    np.testing.assert_array_equal(in_parts(texts, make, tmp_path, key), lengths(texts))
    assert len(asked) == (3 if change == "key" else 1) and asked[0] == texts[:3]


def test_parts_are_taken_away_also_by_the_run_after_the_one_that_was_stopped_just_before(
    tmp_path: Path, monkeypatch
):
    asked: list[int] = []

    def vectors(texts, encoder, folder, precision):
        asked.append(len(texts))
        return in_parts(texts, lengths, folder, encoder), "lengths"

    monkeypatch.setattr(inputs, "sentence_vectors", vectors)
    given = Labelled(TEXTS, np.zeros(len(TEXTS), np.int64), ("a", "b"))
    place, folder = tmp_path / "x.safetensors", tmp_path / "x.parts"
    first = made_inputs("sentence", lambda: given, "encoder", place)
    assert not folder.exists()
    in_parts(TEXTS, lengths, folder, "encoder")  # as a stop leaves it, the whole being there
    again = made_inputs("sentence", lambda: given, "encoder", place)
    assert asked == [7] and not folder.exists()
    np.testing.assert_array_equal(again.vectors, first.vectors)
