"""What attacks need: data that is missing, a broken TextAttack, presets, candidates."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile

import nltk.data
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.attacks.assets import nltk as environment
from snnconvert.attacks.assets.files import VARIABLE
from snnconvert.attacks.building import loading
from snnconvert.attacks.building.texts import locate_words
from snnconvert.attacks.candidates.candidates import chinese_synonyms, common_characters, homophones
from snnconvert.attacks.presets import PRESETS
from snnconvert.attacks.presets.catalogue import preset
from snnconvert.attacks.presets.requirements import asset_status, check_assets, default_presets
from snnconvert.attacks.victims import Victim, check_probabilities
from snnconvert.errors import InputError, SnnConvertError
from snnconvert.installation import install_hint
from snnconvert.text.segment import segmenter


@pytest.fixture
def no_data(monkeypatch):
    """NLTK with no folder of the user's."""
    monkeypatch.delenv("NLTK_DATA", raising=False)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(nltk.data, "path", [])


@pytest.fixture
def real_data(monkeypatch, shared):
    monkeypatch.setattr(nltk.data, "path", [])
    monkeypatch.setenv("NLTK_DATA", str(shared / "attackdata" / "nltk_data"))
    return shared / "attackdata" / "nltk_data"


def test_importing_every_module_loads_no_heavy_library():
    code = (
        "import sys, importlib\n"
        "for name in 'victims assets.nltk building.loading candidates.candidates building.texts '"
        "'presets.catalogue records runs statistics.scores'.split():\n"
        "    importlib.import_module('snnconvert.attacks.' + name)\n"
        "heavy = {'textattack', 'torch', 'nltk', 'jieba', 'pinyin', 'transformers'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_own_stop_words_are_found_where_nltk_has_none(no_data):
    status = {row["name"]: row for row in asset_status()}
    assert status["stopwords"]["found"]
    assert status["stopwords"]["path"].endswith("nltk_data/corpora/stopwords")
    assert not status["wordnet"]["found"] and status["wordnet"]["path"] is None
    assert "pwws" in status["wordnet"]["needed_by"]
    assert {"zh-wordnet", "zh-all"} <= set(status["omw-cmn"]["needed_by"])
    check_assets(["deepwordbug", "zh-homophone"])


def test_the_users_stop_words_win(no_data, monkeypatch, tmp_path):
    folder = tmp_path / "corpora" / "stopwords"
    folder.mkdir(parents=True)
    (folder / "english").write_text("the\n")
    own = environment.digest(["stopwords"])
    monkeypatch.setenv("NLTK_DATA", f"{tmp_path / 'nowhere'}{os.pathsep}{tmp_path}")
    status = {row["name"]: row for row in asset_status()}
    assert status["stopwords"]["path"] == str(folder)
    assert environment.digest(["stopwords"]) != own


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("pwws", ["wordnet (WordNet 3.0, Princeton)", "nltk.downloader wordnet", "NLTK_DATA"]),
        ("zh-wordnet", ["omw-cmn (Chinese Open Wordnet", "nltk.downloader omw-2.0", "NLTK_DATA"]),
    ],
)
def test_missing_data_is_one_line_that_helps(no_data, name, parts):
    with pytest.raises(InputError) as caught:
        check_assets(["deepwordbug", name])
    message = str(caught.value)
    assert all(part in message for part in [f"the attack {name} needs", *parts])
    assert "\n" not in message


def test_half_a_word_net_is_missing(no_data, monkeypatch, tmp_path):
    folder = tmp_path / "corpora" / "wordnet"
    folder.mkdir(parents=True)
    for name in environment._WORDNET[:-1]:
        (folder / name).write_text("x")
    monkeypatch.setenv("NLTK_DATA", str(tmp_path))
    with pytest.raises(InputError, match="pwws needs wordnet"):
        check_assets(["pwws"])
    (folder / environment._WORDNET[-1]).write_text("x")
    check_assets(["pwws"])


def test_data_that_nltk_may_not_read_is_missing(no_data, monkeypatch, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "wn-data-cmn.tab").write_text("x")
    (tmp_path / "data" / "corpora" / "omw-2.0").mkdir(parents=True)
    (tmp_path / "data" / "corpora" / "omw-2.0" / "cmn").symlink_to(elsewhere)
    monkeypatch.setenv("NLTK_DATA", str(tmp_path / "data"))
    row = {row["name"]: row for row in asset_status()}["omw-cmn"]
    assert not row["found"]
    assert "wn-data-cmn.tab is there, but NLTK reads no link" in row["remedy"]


def test_without_the_extra_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "textattack", None)
    loading.load_textattack.cache_clear()
    for call in (lambda: check_assets(["deepwordbug"]), loading.load_textattack):
        with pytest.raises(InputError) as caught:
            call()
        assert str(caught.value) == (f"attacks need the optional extra: {install_hint('attack')}")


def test_without_nltk_the_status_still_comes(monkeypatch):
    monkeypatch.setitem(sys.modules, "nltk", None)
    status = asset_status()
    assert [row["found"] for row in status] == [False] * len(status)
    assert install_hint("attack") in status[0]["remedy"]


def failing(error: Exception):
    def import_module(name: str):
        raise error

    return import_module


def test_the_torchvision_clash_is_explained(monkeypatch, tmp_path):
    monkeypatch.setenv("TA_CACHE_DIR", str(tmp_path))
    outer = ImportError("cannot import name 'AutoModel'")
    outer.__cause__ = RuntimeError("operator torchvision::nms does not exist")
    monkeypatch.setattr(loading.importlib, "import_module", failing(outer))
    loading.load_textattack.cache_clear()
    with pytest.raises(InputError, match="torch and torchvision here do not belong together"):
        loading.load_textattack()


def test_another_failed_import_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("TA_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("HF_HOME", raising=False)
    error = ModuleNotFoundError("No module named 'lru'")
    monkeypatch.setattr(loading.importlib, "import_module", failing(error))
    loading.load_textattack.cache_clear()
    with pytest.raises(SnnConvertError, match=r"No module named 'lru'.*pip install"):
        loading.load_textattack()
    assert os.environ["TA_CACHE_DIR"] == str(tmp_path) and "HF_HOME" not in os.environ


def test_a_cache_folder_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TA_CACHE_DIR", str(tmp_path / "file" / "cache"))
    loading.load_textattack.cache_clear()
    with pytest.raises(SnnConvertError, match="set TA_CACHE_DIR to a folder you can write to"):
        loading.load_textattack()


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TA_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert loading.cache_folder() == tmp_path / ".cache" / "snnconvert" / "textattack"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert loading.cache_folder() == tmp_path / "x" / "snnconvert" / "textattack"
    monkeypatch.setenv("TA_CACHE_DIR", str(tmp_path / "t"))
    assert loading.cache_folder() == tmp_path / "t"


def test_presets_are_documented_and_known_by_name():
    for name, item in PRESETS.items():
        assert preset(name).name == item.name == name
        assert item.language in ("en", "zh", "any") and item.description and item.paper
        assert set(item.needs) | set(item.uses) <= set(environment.ASSETS)
    with pytest.raises(
        InputError,
        match=r"the attack to be of deepw.*zh.*but got 'textfoler'; did you mean textfooler",
    ):
        preset("textfoler")


def test_default_presets_name_what_they_leave_out():
    status = [
        {"name": "stopwords", "found": True, "remedy": ""},
        {"name": "wordnet", "found": False, "remedy": "get it"},
        {"name": "omw-cmn", "found": True, "remedy": ""},
    ]
    assert default_presets("en", status) == (["deepwordbug"], {"pwws": "needs wordnet: get it"})
    assert default_presets("zh", status) == (["zh-homophone", "zh-glyph", "zh-wordnet"], {})
    with pytest.raises(InputError, match="no attack for language 'fr': expected one of en, zh"):
        default_presets("fr", status)


def test_common_characters_are_level_one_of_gb2312():
    characters = list(common_characters())
    assert len(characters) == len(set(characters)) == 3755
    assert characters[0] == "啊" and characters[-1] == "座"


def test_homophones_sound_alike():
    import pinyin

    candidates = homophones(per_character=3)
    for word in ("好吃", "快", "便宜", "喜欢"):
        found = candidates(word)
        assert found and len(found) <= 3 * len(word) and word not in found
        for other in found:
            differs = [i for i, (a, b) in enumerate(zip(word, other, strict=True)) if a != b]
            assert len(differs) == 1
            old, new = word[differs[0]], other[differs[0]]
            assert pinyin.get(old, format="strip") == pinyin.get(new, format="strip")


def test_homophones_of_the_same_tone_come_first():
    import pinyin

    tones = [pinyin.get(c, format="numerical") == "kuai4" for c in homophones(9)("快")]
    assert tones == sorted(tones, reverse=True) and tones[0]


@pytest.mark.parametrize("word", ["", "ABC", "123", "！", "😀", "é"])
def test_words_without_chinese_have_no_homophones(word):
    assert homophones()(word) == []


def test_chinese_synonyms(real_data):
    candidates = chinese_synonyms(limit=5)
    assert "漂亮" in candidates("美丽")
    assert candidates("电影") and "电影" not in candidates("电影")
    assert candidates("ABC") == candidates("") == []
    assert all(len(candidates(word)) <= 5 for word in ("电影", "好", "人"))


def test_a_zipped_word_net_is_read(no_data, monkeypatch, tmp_path):
    """NLTK's downloader leaves some packages zipped."""
    from snnconvert.attacks.candidates import candidates

    (tmp_path / "corpora").mkdir()
    lines = ["# head", "1-n\tcmn:lemma\t电影", "1-n\tcmn:lemma\t影片", "2-a\tcmn:lemma\t美丽+的"]
    lines += ["2-a\tcmn:lemma\t漂亮+的", "3-n\tcmn:lemma\tDVD片", "3-n\tcmn:def\t影片"]
    with zipfile.ZipFile(tmp_path / "corpora" / "omw-2.0.zip", "w") as archive:
        archive.writestr("omw-2.0/cmn/wn-data-cmn.tab", "\n".join(lines) + "\n")
    monkeypatch.setenv("NLTK_DATA", str(tmp_path))
    check_assets(["zh-wordnet"])
    candidates._chinese_wordnet.cache_clear()
    try:
        synonyms = chinese_synonyms()
        assert synonyms("电影") == ["影片"]
        assert synonyms("美丽") == ["漂亮"]
    finally:
        candidates._chinese_wordnet.cache_clear()


def test_synonyms_without_data_are_an_error(no_data, monkeypatch, tmp_path):
    from snnconvert.attacks.candidates import candidates

    candidates._chinese_wordnet.cache_clear()
    with pytest.raises(InputError, match="omw-cmn"):
        chinese_synonyms()
    folder = tmp_path / "corpora" / "omw-1.4" / "cmn"
    folder.mkdir(parents=True)
    (folder / "wn-data-cmn.tab").write_bytes(b"\xff\x00 rubbish\n")
    monkeypatch.setenv("NLTK_DATA", str(tmp_path))
    with pytest.raises(InputError, match="holds no Chinese words; get it again"):
        chinese_synonyms()


@given(st.text(max_size=60))
def test_words_and_gaps_rebuild_any_text(text):
    for language in ("en", "zh"):
        words, gaps = locate_words(text, segmenter(language)(text))
        assert len(gaps) == len(words) + 1
        assert "".join(a + b for a, b in zip(gaps, [*words, ""], strict=True)) == text


def test_words_are_those_of_the_model():
    text = "这家店的 Pizza 很好吃，ＯＫ！送餐 30 分钟😀。"
    segments = segmenter("zh")(text)
    words, _ = locate_words(text, segments)
    expected = [s for s in segments if any(c.isalnum() for c in s)]
    assert [w.lower() for w in words] == expected
    assert "Pizza" in words


def test_a_segment_that_is_not_in_the_text_is_passed_over():
    assert locate_words("a b", ["a", "zzz", "b"]) == (["a", "b"], ["", " ", ""])


class Fixed:
    """A classifier that returns what it was given."""

    language = "en"
    classes = ("a", "b")

    def __init__(self, rows):
        self.rows = rows

    def probabilities(self, texts, seed=0):
        return self.rows

    def segment(self, text):
        return text.split()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0.5, 0.5]], "float64 array, but the model gave list"),
        (np.array([[0.5, 0.5]], dtype=np.float32), "gave float32"),
        (np.array([0.5, 0.5]), r"shape \(1, 2\), but the model gave \(2,\)"),
        (np.array([[0.2, 0.3, 0.5]]), r"gave \(1, 3\)"),
        (np.array([[np.nan, 0.5]]), "NaN"),
        (np.array([[1.5, -0.5]]), "gave -0.5"),
        (np.array([[0.5, 0.5 + 1e-9]]), "sum to 1 within 1e-12, but one is off by 1e-09"),
    ],
)
def test_a_victim_that_breaks_the_contract_is_named(rows, message):
    with pytest.raises(ValueError, match=message):
        Victim(Fixed(rows))(["text"])


def test_good_probabilities_pass_through_unchanged():
    rows = np.array([[0.25, 0.75]])
    assert Victim(Fixed(rows))(["text"]) is rows
    check_probabilities(np.zeros((0, 2)), 0, 2)
