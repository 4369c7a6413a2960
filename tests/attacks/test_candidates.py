"""Candidates and assets by hand, attack files before they run, and the list of attacks."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from snnconvert.attacks.assets.files import VARIABLE
from snnconvert.attacks.assets.nltk import ASSETS, digest
from snnconvert.attacks.building.texts import changed_words
from snnconvert.attacks.candidates import candidates, hownet, masked, neighbours
from snnconvert.attacks.candidates.candidates import cilin_synonyms, common_characters
from snnconvert.attacks.candidates.glyphs import alike, glyph_alikes
from snnconvert.attacks.presets import PRESETS, is_attack_file
from snnconvert.attacks.presets.catalogue import preset
from snnconvert.attacks.presets.requirements import asset_status, check_assets
from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.settings.attack import AttackSettings

CACHES = (
    candidates._cilin,
    neighbours.neighbour_lists,
    neighbours.counterfitted_vectors,
    hownet.substitutes,
    masked.masked_model,
)


@pytest.fixture
def folder(monkeypatch, tmp_path) -> Path:
    """An empty folder of attack data, and nothing remembered of another."""
    for language in ("EN", "ZH"):
        monkeypatch.delenv(f"SNNCONVERT_MASKED_{language}", raising=False)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    for function in CACHES:
        function.cache_clear()
    yield tmp_path
    for function in CACHES:
        function.cache_clear()


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    path.write_bytes(data)
    return path


def test_look_alikes():
    found = glyph_alikes(2)
    assert found("未") == ["末", "朱"]
    assert found("味道") == ["昧道", "眯道", "味遣", "味迢"]
    assert found("abc") == found("") == found("😀") == []


def test_the_table_of_look_alikes_is_about_common_characters():
    table, common = alike(), set(common_characters())
    assert len(table) > 0.95 * len(common)
    for character, others in table.items():
        assert character in common and set(others) <= common - {character}
        assert 1 <= len(others) <= 8 and len(set(others)) == len(others)
    # Alike goes both ways where the nearest of one has room for it.
    mutual = sum(c in table.get(others[0], "") for c, others in table.items())
    assert mutual > 0.8 * len(table)


def test_cilin_sets(folder):
    lines = ["B 物", "Aa01A01= 人 士 人物 人士", "Aa01A02= 人类 生人 人", "Aa01A03# 人手 人员"]
    put(folder, "lexicons/cilin_new.txt", "\n".join([*lines, "Aa01A04= DVD片 人"]))
    synonyms = cilin_synonyms()
    assert synonyms("人") == ["士", "人物", "人士", "人类", "生人"]
    assert synonyms("人手") == synonyms("DVD片") == synonyms("") == []
    assert cilin_synonyms(limit=2)("人") == ["士", "人物"]


def test_neighbour_lists(folder):
    put(folder, "neighbours/counterfitted_neighbors.json", '{"bad": ["awful", "poor"], "a": []}')
    assert neighbours.neighbour_lists() == {"bad": ["awful", "poor"], "a": []}


@pytest.mark.parametrize("content", ["[1, 2]", "{", '{"a": []}', '{"a": 3}', b"\xff\xfe"])
def test_damaged_lists_are_one_line(folder, content):
    path = put(folder, "neighbours/counterfitted_neighbors.json", content)
    with pytest.raises(InputError, match="expected a JSON object of word lists in") as caught:
        neighbours.neighbour_lists()
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("zipped", [False, True])
def test_counterfitted_vectors(folder, zipped):
    text = b"good 0.0 1.0\ngreat 0.6 0.8\nbad 0.0 -1.0\ngood 9 9\n"
    name = "vectors/counter-fitted-vectors.txt"
    put(folder, name + ".gz" * zipped, gzip.compress(text) if zipped else text)
    rows, vectors = neighbours.counterfitted_vectors()
    assert rows == {"good": 0, "great": 1, "bad": 2}
    np.testing.assert_array_equal(vectors, np.float32([[0, 1], [0.6, 0.8], [0, -1]]))


@pytest.mark.parametrize("text", ["a 1 2\nb 1\n", "a 1 x\n", "a\n", "a 1 nan\n"])
def test_damaged_vectors_name_their_line(folder, text):
    put(folder, "vectors/counter-fitted-vectors.txt", text)
    number = 2 if "b" in text else 1
    with pytest.raises(InputError, match=f"numbers in line {number} of"):
        neighbours.counterfitted_vectors()


def test_damaged_hownet_is_one_line(folder):
    put(folder, "hownet/candidates.json", '{"good": ["fine"]}')
    with pytest.raises(InputError, match="expected a JSON object, word -> kind -> words, in"):
        hownet.substitutes()


def test_every_asset_of_the_folder_says_how_to_get_it(folder):
    for name in ("neighbours", "vectors", "use", "masked-en", "masked-zh", "hownet", "cilin"):
        users = [p.name for p in PRESETS.values() if name in p.needs and "hotflip" not in p.name]
        assert users
        with pytest.raises(InputError) as caught:
            check_assets([users[0]])
        message = str(caught.value)
        assert message.startswith(f"the attack {users[0]} needs ") and "\n" not in message
        assert any(asset.missing() in message for asset in ASSETS.values())
        assert VARIABLE in ASSETS[name].missing() and ASSETS[name].source in ASSETS[name].missing()


def test_pickled_weights_are_no_masked_model(folder):
    put(folder, "masked/en/config.json", "{}")
    put(folder, "masked/en/vocab.txt", "a")
    put(folder, "masked/en/pytorch_model.bin", "x")
    assert not {row["name"]: row for row in asset_status()}["masked-en"]["found"]
    put(folder, "masked/en/model.safetensors", "not one")
    assert {row["name"]: row for row in asset_status()}["masked-en"]["found"]
    with pytest.raises(InputError, match="expected a masked language model in safetensors in"):
        masked.masked_model("en")


def test_a_masked_model_may_lie_elsewhere(folder, monkeypatch):
    for name in ("config.json", "vocab.txt", "model.safetensors"):
        put(folder, f"mine/{name}", "x")
    assert ASSETS["masked-zh"].files() is None
    monkeypatch.setenv("SNNCONVERT_MASKED_ZH", str(folder / "mine"))
    assert ASSETS["masked-zh"].folder() == folder / "mine"
    monkeypatch.setenv("SNNCONVERT_MASKED_ZH", "no/such-model")
    assert ASSETS["masked-zh"].files() is None
    assert "SNNCONVERT_MASKED_ZH is no/such-model" in ASSETS["masked-zh"].remedy()


def test_other_data_is_another_attack(folder):
    path = "neighbours/counterfitted_neighbors.json"
    put(folder, path, '{"a": ["b"]}')
    before = digest(["neighbours"])
    put(folder, path, '{"a": ["c"]}')
    assert digest(["neighbours"]) != before


def test_zh_all_says_what_it_has(folder):
    assert set(preset("zh-all").needs) >= {"glyphs"} and "cilin" not in preset("zh-all").needs
    assert "no cilin, which is not here" in preset("zh-all").dropped
    put(folder, "lexicons/cilin_new.txt", "Aa01A01= 人 士")
    assert "cilin" in preset("zh-all").needs
    assert "no cilin, which is not here" not in preset("zh-all").dropped


def test_attacks_that_leave_something_out_say_so():
    for name, item in PRESETS.items():
        if any(part in name for part in ("nouse", "lists", "nonames", "wordnet", "lv2023")):
            assert item.dropped, name
        if "nouse" in name:
            assert "no sentence encoder" in item.dropped and "use" not in item.needs
    assert "query budget" in preset("lv2023-pso").dropped[0]


@pytest.mark.parametrize(
    ("before", "after", "pairs"),
    [
        (["a", "b"], ["a", "c"], [["b", "c"]]),
        (["a", "b", "c"], ["a", "c"], [["b", ""]]),
        (["a", "c"], ["a", "b", "c"], [["", "b"]]),
        (["is", "not", "it"], ["isn't", "it"], [["is", "isn't"], ["not", ""]]),
        ([], [], []),
    ],
)
def test_changed_words(before, after, pairs):
    assert changed_words(before, after) == pairs


@pytest.mark.parametrize("name", ["my.py", "a b/my.py:stars", "/x/my.py"])
def test_python_files_are_attacks(name):
    assert is_attack_file(name)
    assert AttackSettings(presets=(name, "pwws")).presets == (name, "pwws")


@pytest.mark.parametrize("name", ["my.pyc", "my.py:", ".py", "textfoler"])
def test_other_names_are_not(name):
    assert not is_attack_file(name)
    with pytest.raises(InputError, match="expected presets to be of auto, deepwordbug"):
        AttackSettings(presets=(name,))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\ndef build(victim:\n", "my.py, line 2, is not Python: "),
        ("x = 1\n", "expected a function build.victim. or a subclass of AttackRecipe in"),
        (b"\x00", "is not Python"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, source, message):
    path = put(tmp_path, "my.py", source)
    with pytest.raises(InputError, match=message) as caught:
        check_assets([str(path)])
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(
        InputError, match="expected an attack file at .*none.py, but there is no such"
    ):
        preset(str(tmp_path / "none.py"))
    path = put(tmp_path, "my.py", "def build(victim): ...")
    with pytest.raises(
        InputError, match="expected 'other' in the attack file .*my.py, but it defines"
    ):
        preset(f"{path}:other")


def test_a_file_is_told_from_another_by_its_content(tmp_path):
    path = put(tmp_path, "my.py", "def build(victim): ...")
    first = preset(str(path))
    assert first.language == "any" and first.plain
    put(tmp_path, "my.py", "def build(victim): ...  # changed")
    assert preset(str(path)).digest() != first.digest()


def test_the_list_of_attacks_needs_no_run(folder, capsys):
    assert main(["attack", "--list"]) == 0
    shown = capsys.readouterr().out
    for name, item in PRESETS.items():
        assert f"\n{name} ({item.language}): " in f"\n{shown}"
    assert "textfooler (en): needs" in shown and "left out: no sentence encoder" in shown
    assert "vectors: unzip word_vectors/counter-fitted-vectors.txt.zip" in " ".join(shown.split())


def test_the_list_imports_no_heavy_library():
    code = (
        "import sys\nfrom snnconvert.pipelines.attack.listing import list_attacks\nlist_attacks()\n"
        "sys.exit(str({'torch', 'textattack', 'transformers', 'jieba'} & set(sys.modules) or 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() in ("", "0"), done.stderr


def test_the_shared_lists_are_what_they_should_be(shared, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(shared / "attackdata"))
    neighbours.neighbour_lists.cache_clear()
    lists = neighbours.neighbour_lists()
    neighbours.neighbour_lists.cache_clear()
    assert "decent" in lists["good"] and max(map(len, lists.values())) == 8
    assert json.dumps(lists["movie"][:2]) == '["film", "filmmaking"]'


def test_the_documented_table_is_the_one_that_is_there(root):
    page = (root / "docs" / "attacks.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| `")]
    rows = {line.split("`")[1]: line for line in reversed(lines)}  # the first table of the page
    for name, item in PRESETS.items():
        if "hotflip" in name:
            continue
        assert f"| {item.description} |" in rows[name] and item.paper in rows[name]
        assert all(part in rows[name] for part in item.dropped), name
        assert all(f"`{need}`" in rows[name] for need in set(item.needs) - {"stopwords", "glyphs"})
    for asset in ASSETS:
        assert f"`{asset}`" in page or asset in ("stopwords", "glyphs")
