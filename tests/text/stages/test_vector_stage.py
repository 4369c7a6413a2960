"""A stage of any function of texts: its range, its silence, its files, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from snnconvert.errors import InputError
from snnconvert.text.stages import STAGES
from snnconvert.text.stages.load import load_stage
from snnconvert.text.stages.vector_stage import VectorStage


class Lengths(VectorStage):
    """How many characters a text has, and how many of them are blanks."""

    kind = "lengths"

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[len(text), text.count(" ")] for text in texts])


@pytest.fixture
def stage():
    yield STAGES.add("lengths", Lengths)
    STAGES.remove("lengths")


TEXTS = ["a b", "abc d", "", "a b c d"]


def test_its_range_is_fitted_on_texts_of_which_something_is_known() -> None:
    fitted, table = Lengths.fit(TEXTS, "en", dim=2)
    values = np.array([3, 1, 5, 1, 7, 3])  # the empty text is left out
    assert fitted.range_map.mean == pytest.approx(values.mean())
    assert fitted.range_map.std == pytest.approx(values.std())
    expected = (np.array([5, 1]) - values.mean()) / (3 * values.std())
    np.testing.assert_allclose(fitted.encode("abc d")[0][0], expected, rtol=1e-6)
    assert not fitted.encode("")[0].any() and table.shape == (0, 2)
    assert fitted.encode("x" * 999)[0][0, 0] == 1  # clipped


def test_files(stage: type[VectorStage], tmp_path: Path) -> None:
    fitted, _ = Lengths.fit(TEXTS, "en", dim=2)
    fitted.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["stage.json"]
    assert load_stage(tmp_path) == fitted
    values = json.loads((tmp_path / "stage.json").read_text("utf-8"))
    del values["range_map"]
    (tmp_path / "stage.json").write_text(json.dumps(values), "utf-8")
    with pytest.raises(InputError, match=r"is not complete .KeyError: 'range_map'."):
        load_stage(tmp_path)


@pytest.mark.parametrize(
    ("texts", "options", "says"),
    [
        ([], {}, "expected training texts"),
        (TEXTS, {"max_length": 0}, "max_length"),
        (TEXTS, {"dim": 3}, r"of the shape \(4, 3\), but got \(4, 2\)"),
        (["a b", "c d"], {"dim": 2, "min_count": 0}, "min_count"),
        (["", ""], {"dim": 2}, "the vectors of the texts by lengths: expected at least one"),
    ],
)
def test_what_is_refused(texts: list[str], options: dict[str, int], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Lengths.fit(texts, "en", **options)
