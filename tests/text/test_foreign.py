"""Texts in other languages than they are read as are told, and English and Chinese ones are not."""

from __future__ import annotations

import pytest

from snnconvert.text.datasets.dataset import load_dataset
from snnconvert.text.foreign import REASONS, foreign_note, foreign_reason

GERMAN = ["Das Buch war gut, es hat mir sehr gefallen", "so eine Zeitverschwendung", "also nein"]
FRENCH = ["Ce livre est une catastrophe", "un vrai plaisir de lecture"]
ARABIC = ["الفندق كان جيد جدا"]
JAPANESE = ["この部屋は最高でした", "料理が最悪です"]
ENGLISH = ["not my kind of film", "the staff", "great", "loved it", "so sad , would not go back"]


@pytest.mark.parametrize("texts", [GERMAN, FRENCH, ARABIC])
def test_texts_that_are_not_english_are_told(texts: list[str]) -> None:
    note = foreign_note(texts * 20, "en")
    assert note and foreign_reason(["another", note], "en") == REASONS["en"]
    assert foreign_reason([note], "zh") is None


def test_japanese_is_not_chinese() -> None:
    note = foreign_note(JAPANESE * 20, "zh")
    assert note and foreign_reason([note], "zh") == REASONS["zh"]
    assert foreign_note(["这个酒店的服务很好"] * 40, "zh") is None


def test_nothing_is_said_of_english_or_without_grounds() -> None:
    assert foreign_note(ENGLISH * 20, "en") is None
    assert foreign_note(GERMAN, "en") is None  # too few
    assert foreign_note(["😍", ":-)", "5"] * 20, "en") is None  # of no language
    assert foreign_note(GERMAN[:1] * 40 + ENGLISH, "en") is None  # a mixture has English texts
    for name in ("builtin-en", "builtin-zh"):
        data = load_dataset(name)
        assert foreign_note(data.train.texts, data.language) is None
