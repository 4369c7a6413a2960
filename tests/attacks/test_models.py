"""Attacks with a masked model, a sentence encoder or HowNet of the user's, and files of theirs."""

from __future__ import annotations

import json
import re
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from snnconvert.attacks.candidates import hownet, masked, neighbours
from snnconvert.attacks.candidates import sentence_encoder as encoders
from snnconvert.attacks.job import Example
from snnconvert.attacks.presets.catalogue import preset
from snnconvert.attacks.presets.requirements import check_assets
from snnconvert.attacks.victims import Victim
from snnconvert.errors import InputError
from snnconvert.tests.helpers.attacks import CHINESE, ENGLISH, EXAMPLES, Bag, attack

WORDS = [
    "a",
    "good",
    "bad",
    "dull",
    "film",
    "plot",
    "cast",
    "great",
    "fun",
    "music",
    "story",
    "the",
]
CHARACTERS = list("味道好吃我喜欢电影不错难很的太")


@pytest.fixture(autouse=True)
def own_data(monkeypatch, tmp_path, nltk_data):
    """A folder of attack data of this test's own; nothing remembered of another."""
    remembered = (
        masked.masked_model,
        encoders._model,
        hownet.substitutes,
        neighbours.counterfitted_vectors,
    )
    monkeypatch.setenv("SNNCONVERT_ATTACKDATA", str(tmp_path))
    for function in remembered:
        function.cache_clear()
    yield
    for function in remembered:
        function.cache_clear()


def save_masked_model(folder: Path, words: list[str]) -> None:
    """A masked model of random weights and few words, in safetensors."""
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

    folder.mkdir(parents=True)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, "##s", "##ly", ",", ".", "!"]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=32,
    )
    BertForMaskedLM(config).save_pretrained(folder, safe_serialization=True)


@pytest.mark.parametrize("name", ["bae-nouse", "bert-attack-nouse"])
def test_masked_attacks_take_their_words_from_the_model(tmp_path, name):
    save_masked_model(tmp_path / "masked" / "en", WORDS)
    long = Example(9, " ".join(["good film"] * 40), 1)  # longer than the model reads
    records = attack(tmp_path, [*EXAMPLES, long], name, query_budget=60)
    assert [r.error for r in records] == [None] * len(records)
    swapped = [new for r in records for _, new in r.changed_words]
    assert any(r.status == "success" for r in records) and set(swapped) <= set(WORDS)


def test_a_chinese_masked_model_fills_in_whole_words(tmp_path):
    save_masked_model(tmp_path / "masked" / "zh", CHARACTERS)
    texts = ["味道好吃，我喜欢！", "电影不错", "电影 good", "", "😀"]
    examples = [Example(i, text, 1) for i, text in enumerate(texts)]
    bag = Bag("zh", CHINESE)
    records = attack(tmp_path, examples, "zh-masked", bag)
    assert [r.error for r in records] == [None] * len(records)
    changed = [pair for r in records for pair in r.changed_words]
    assert changed and all(len(old) == len(new) for old, new in changed)
    assert all(set(new) <= set(CHARACTERS) for _, new in changed)
    assert "masked-zh" in preset("zh-all").needs
    assert attack(tmp_path / "all", examples, "zh-all", bag)[0].error is None


def test_the_best_fillings_come_first():
    columns = [[(-0.1, "a"), (-1.0, "b")], [(-0.2, "c"), (-0.5, "d"), (-3.0, "e")]]
    found = ["".join(c for _, c in parts) for parts in masked._best_first(columns)]
    assert found == ["ac", "ad", "bc", "bd", "ae", "be"]


class Encoder:
    """Counts of letters stand for a sentence encoder; a fixed share of noise makes texts differ."""

    def __init__(self, alike: bool) -> None:
        self.alike, self.seen = alike, 0

    def __call__(self, sentences):
        self.seen += len(sentences)
        if self.alike:
            return {"outputs": np.ones((len(sentences), 4), dtype=np.float32)}
        # A changed text is at a right angle to the text before it.
        half = len(sentences) // 2
        rows = np.zeros((len(sentences), 2), dtype=np.float32)
        rows[:half, 0], rows[half:, 1] = 1, 1
        return rows


@pytest.mark.parametrize("alike", [True, False])
def test_the_sentence_encoder_decides(tmp_path, monkeypatch, alike):
    encoder = Encoder(alike)
    tensorflow = ModuleType("tensorflow")
    tensorflow.__spec__ = ModuleSpec("tensorflow", None)
    tensorflow.saved_model = SimpleNamespace(load=lambda folder: encoder)
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    for name in ("use/saved_model.pb", "use/variables/variables.index"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    rows = {"good": [0, 1], "nice": [0.1, 1], "fun": [0.2, 1], "joy": [0.3, 1], "bad": [9, 9]}
    lines = [f"{word} {x} {y}" for word, (x, y) in rows.items()]
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "counter-fitted-vectors.txt").write_text("\n".join(lines) + "\n")
    text = "a good film and a fun plot " + "with words " * 8
    for name in ("textbugger", "textfooler", "lv2023-textfooler", "lv2023-pwws"):
        check_assets([name])
        (record,) = attack(tmp_path / name, [Example(0, text, 1)], name)
        assert record.error is None and encoder.seen
        assert (record.status == "success") == alike, name


def test_neighbours_by_vectors_are_the_nearest():
    from snnconvert.attacks.candidates.neighbours import _vector_class

    vectors = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
    names = {i: f"w{i}" for i in range(40)}
    embedding = _vector_class()(vectors, {w: i for i, w in names.items()}, names)
    for index in (0, 17, 39):
        distance = np.linalg.norm(vectors - vectors[index], axis=1)
        expected = [int(i) for i in np.argsort(distance) if i != index]
        assert embedding.nearest_neighbours(index, 6) == expected[:6]
        assert embedding.nearest_neighbours(index, 100) == expected


def test_hownet_substitutes_are_of_the_same_kind(tmp_path):
    (tmp_path / "hownet").mkdir()
    table = {"good": {"adj": ["fine", "bad", "good", "very nice"], "noun": ["wares"]}}
    (tmp_path / "hownet" / "candidates.json").write_text(json.dumps(table))
    (record,) = attack(tmp_path, [Example(0, "It was a Good film", 1)], "pso")
    assert record.status == "success"
    assert record.changed_words == [["Good", "Bad"]] or record.changed_words == [["Good", "Fine"]]


RECIPES = {
    "function": """
import textattack
from textattack.constraints.pre_transformation import RepeatModification

def build(victim):
    return textattack.Attack(
        textattack.goal_functions.UntargetedClassification(victim),
        [RepeatModification()],
        textattack.transformations.WordDeletion(),
        textattack.search_methods.GreedySearch(),
    )
""",
    "recipe": """
from textattack import Attack
from textattack.attack_recipes import AttackRecipe, DeepWordBugGao2018

class Mine(AttackRecipe):
    @staticmethod
    def build(model_wrapper):
        return DeepWordBugGao2018.build(model_wrapper)
""",
}


def test_a_users_attack_may_delete_words(tmp_path):
    path = tmp_path / "my.py"
    path.write_text(RECIPES["function"])
    records = attack(tmp_path, name=str(path), query_budget=30)
    assert [r.error for r in records] == [None] * len(records)
    assert max(r.queries for r in records) <= 30
    success = next(r for r in records if r.status == "success")
    assert success.words_changed == len(success.changed_words) > 0
    assert {new for _, new in success.changed_words} == {""} and success.verified
    assert attack(tmp_path / "again", name=str(path), query_budget=30) == records
    chinese = attack(tmp_path / "zh", [Example(0, "味道好吃", 1)], str(path), Bag("zh", CHINESE))
    assert chinese[0].error is None


def test_a_users_recipe_is_the_stock_one(tmp_path):
    path = tmp_path / "my.py"
    path.write_text(RECIPES["recipe"])
    for name in (str(path), f"{path}:Mine"):
        built = preset(name).build(Victim(Bag("en", ENGLISH)), 33)
        assert built.goal_function.query_budget == 33
        assert type(built.search_method).__name__ == "GreedyWordSwapWIR"  # not our search


def test_a_file_that_changed_is_another_attack(tmp_path):
    path = tmp_path / "my.py"
    path.write_text(RECIPES["function"])
    attack(tmp_path, name=str(path))
    path.write_text(RECIPES["function"] + "\nOTHER = 1\n")
    with pytest.raises(InputError, match="holds an attack of another configuration .data: "):
        attack(tmp_path, name=str(path))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nowhere_to_be_found\ndef build(v): ...", "line 1 failed: ModuleNotFoundError"),
        ("def build(v):\n    x = 1\n    return 1 / 0", "line 3 failed: ZeroDivisionError"),
        ("def build(v): return 3", "expected a textattack.Attack from the attack file .* gave int"),
        ("class Other:\n    pass", "expected a function build or one subclass of AttackRecipe"),
        (
            RECIPES["function"].replace("(victim),", "(type(victim)(victim.model)),"),
            "another model",
        ),
    ],
)
def test_a_file_with_an_error_is_one_line(tmp_path, source, message):
    path = tmp_path / "my.py"
    path.write_text(source)
    with pytest.raises(InputError, match=message) as caught:
        attack(tmp_path, name=str(path))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_the_documented_file_runs(tmp_path, root):
    """The example of docs/attacks.md, as it stands there."""
    text = (root / "docs" / "attacks.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?def build.*?)```", text, re.DOTALL)
    assert len(source.splitlines()) < 40
    path = tmp_path / "vowels.py"
    path.write_text(source)
    records = attack(tmp_path, name=str(path))
    assert any(r.status == "success" for r in records)
    assert "error" not in {r.status for r in records}
