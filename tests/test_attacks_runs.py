"""Attacks from end to end with TextAttack, on a bag of words; the import takes 10 to 18 s."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from snnconvert.attacks import runs
from snnconvert.attacks.environment import prepare_nltk
from snnconvert.attacks.loading import load_textattack, no_downloads
from snnconvert.attacks.parts import tracked_text
from snnconvert.attacks.presets import PRESETS, preset
from snnconvert.attacks.runs import Example, read_records, run_attack, select_examples
from snnconvert.attacks.victims import Victim
from snnconvert.errors import InputError
from snnconvert.seeds import derive
from snnconvert.text.segment import segmenter

ENGLISH = {"good": 2.0, "great": 2.0, "fun": 1.0, "bad": -2.1, "dull": -2.0, "plot": 0.1}
CHINESE = {"好吃": 2.0, "喜欢": 1.5, "不错": 1.2, "难吃": -2.0, "味道": 0.1, "电影": 1.0}


class Bag:
    """A bag-of-words classifier: the logit of class 1 is the sum of the words' weights."""

    classes = ("negative", "positive")

    def __init__(self, language: str, weights: dict[str, float], noise: float = 0.0):
        self.language, self.weights, self.noise = language, weights, noise
        self.segment = segmenter(language)
        self.seeds: set[int] = set()

    def probabilities(self, texts, seed=0):
        self.seeds.add(seed)
        shift = self.noise * np.random.default_rng(seed).normal()
        z = np.array([sum(self.weights.get(w, 0.0) for w in self.segment(t)) for t in texts])
        p = 1 / (1 + np.exp(-(z + shift)))
        return np.stack([1 - p, p], axis=1).reshape(-1, 2)


TEXTS = [
    "A good film, with a great cast and a fun plot!",
    "bad jokes, dull story",
    "good good good bad",
    "The plot is dull but the cast is great, great fun.",
    "not a good word in it",
    "It's a great plot; the dull music isn't good.",
]
LABELS = [1, 0, 1, 1, 0, 1]
EXAMPLES = [Example(i, *pair) for i, pair in enumerate(zip(TEXTS, LABELS, strict=True))]


@pytest.fixture(scope="module")
def textattack(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield load_textattack()


@pytest.fixture
def nltk_data(monkeypatch, shared, textattack):
    import nltk.data

    monkeypatch.setattr(nltk.data, "path", list(nltk.data.path))
    monkeypatch.setenv("NLTK_DATA", str(shared / "attackdata" / "nltk_data"))
    prepare_nltk()


def attack(tmp_path, examples=EXAMPLES, name="deepwordbug", classifier=None, **options):
    classifier = classifier or Bag("en", ENGLISH)
    options = {"progress": False, **options}
    return run_attack(classifier, examples, name, "bag", tmp_path / "r.jsonl", **options)


def test_select_examples_is_the_same_for_all_and_nested():
    texts, labels = [f"text {i}" for i in range(50)], [i % 2 for i in range(50)]
    drawn = select_examples(texts, labels, 20, seed=3)
    assert drawn == select_examples(texts, labels, 20, seed=3)
    assert drawn[:7] == select_examples(texts, labels, 7, seed=3)
    assert drawn != select_examples(texts, labels, 20, seed=4)
    assert all((e.text, e.label) == (texts[e.index], labels[e.index]) for e in drawn)
    everything = select_examples(texts, labels, 500, seed=3)
    assert sorted(e.index for e in everything) == list(range(50))
    with pytest.raises(InputError, match="at least 1 text"):
        select_examples(texts, labels, 0, seed=3)
    with pytest.raises(InputError, match="49 for 50"):
        select_examples(texts, labels[:-1], 5, seed=3)


def test_a_known_example_is_broken(textattack, tmp_path):
    [record] = attack(tmp_path, [Example(7, "a GOOD film", 1)])
    assert (record.index, record.status) == (7, "success")
    assert (record.clean_prediction, record.adversarial_prediction) == (1, 0)
    assert record.clean_probability == pytest.approx(1 / (1 + np.exp(-2)))
    assert [old for old, _ in record.changed_words] == ["GOOD"]
    assert record.words == 3 and record.words_changed == 1
    assert record.adversarial_text == f"a {record.changed_words[0][1]} film"
    assert segmenter("en")(record.adversarial_text)[1] != "good"
    # One clean text, "GOOD" and "film" masked ("a" is a stop word), then at most four bugs.
    assert 4 <= record.queries <= 7


def test_every_status_and_the_file(textattack, tmp_path):
    records = attack(tmp_path)
    statuses = ["success", "failed", "success", "success", "skipped", "success"]
    assert [r.status for r in records] == statuses
    header, stored = read_records(tmp_path / "r.jsonl")
    assert stored == records
    assert header["configuration"]["preset"] == "deepwordbug"
    assert header["configuration"]["versions"]["textattack"] == "0.3.11"
    skipped = records[4]
    assert (skipped.queries, skipped.adversarial_text, skipped.changed_words) == (1, None, [])


def test_a_finished_run_is_not_attacked_again(textattack, tmp_path):
    records = attack(tmp_path)
    watching = Bag("en", ENGLISH)
    assert attack(tmp_path, classifier=watching) == records
    assert watching.seeds == set()


def test_more_texts_extend_a_run_and_fewer_read_it(textattack, tmp_path):
    few = attack(tmp_path, EXAMPLES[:2])
    every = attack(tmp_path, EXAMPLES)
    assert every[:2] == few
    assert attack(tmp_path, EXAMPLES[2:4]) == every[2:4]
    assert attack(tmp_path / "whole") == every


def test_other_settings_and_other_texts_are_refused(textattack, tmp_path):
    attack(tmp_path, EXAMPLES[:2], settings={"weights": "a"})
    for options, what in [
        ({"settings": {"weights": "b"}}, "settings.weights"),
        ({"settings": {"weights": "a"}, "seed": 1}, "seed: 0 there, 1 now"),
        ({"settings": {"weights": "a"}, "query_budget": 9}, "query_budget: 500 there, 9 now"),
    ]:
        with pytest.raises(InputError, match=what):
            attack(tmp_path, EXAMPLES[:2], **options)
    other = [replace(EXAMPLES[0], text="another text")]
    with pytest.raises(InputError, match="another text or label at index 0"):
        attack(tmp_path, other, settings={"weights": "a"})


def test_bad_arguments_are_one_line(tmp_path):
    with pytest.raises(InputError, match="model reads 'en': choose from deepwordbug, pwws"):
        attack(tmp_path, name="zh-homophone")
    with pytest.raises(InputError, match="query budget of at least 1, got 0"):
        attack(tmp_path, query_budget=0)
    with pytest.raises(InputError, match="some occur twice"):
        attack(tmp_path, [EXAMPLES[0], EXAMPLES[0]])
    assert list(tmp_path.iterdir()) == []


def test_records_do_not_depend_on_order_or_on_what_ran_before(textattack, tmp_path):
    forward = attack(tmp_path / "a")
    random.seed(99)
    backward = attack(tmp_path / "b", EXAMPLES[::-1])
    assert backward[::-1] == forward


def test_the_callers_generators_are_left_alone(textattack, tmp_path):
    random.seed(5)
    np.random.seed(5)
    expected = random.Random(5).random(), np.random.RandomState(5).random()
    attack(tmp_path, EXAMPLES[:1])
    assert (random.random(), np.random.random()) == expected


def test_one_noise_field_per_example(textattack, tmp_path):
    same = [Example(0, "a good film", 1), Example(1, "a good film", 1)]
    noisy = Bag("en", ENGLISH, noise=0.5)
    first, second = attack(tmp_path, same, classifier=noisy)
    assert len(noisy.seeds) == 2
    assert first.clean_probability != second.clean_probability  # nothing cached in between


def test_the_query_budget_holds(textattack, tmp_path):
    for budget in (1, 2, 5):
        records = attack(tmp_path / str(budget), query_budget=budget)
        assert all(r.queries <= budget for r in records)
    assert [r.status for r in records][:1] == ["failed"]


BAD_TEXTS = ["", " ", "good", "!!! ... ?", "😀😀", "好 电影 good ok", "a\x00b\ud83d", "-"]
BAD_TEXTS.append("word good " * 5000)


@pytest.mark.parametrize("name", ["deepwordbug", "zh-homophone"])
def test_odd_texts_give_records(textattack, tmp_path, name):
    language = preset(name).language
    bag = Bag(language, ENGLISH if language == "en" else CHINESE)
    examples = [Example(i, text, 1) for i, text in enumerate(BAD_TEXTS)]
    records = attack(tmp_path, examples, name=name, classifier=bag, query_budget=30)
    assert [r.text for r in records] == BAD_TEXTS
    assert "error" not in {r.status for r in records}
    assert records[-1].words == 10_000 and records[-1].queries <= 30


def test_what_cannot_be_attacked_becomes_a_record(textattack, tmp_path):
    class Weak(Bag):
        def probabilities(self, texts, seed=0):
            if any("dull" in text for text in texts):
                raise RuntimeError("too dull\nto read")
            return super().probabilities(texts, seed)

    examples = [*EXAMPLES[:3], Example(8, "good", 2), Example(9, "good <SPLIT> x", 1)]
    records = attack(tmp_path, examples, classifier=Weak("en", ENGLISH))
    assert [r.status for r in records] == ["success", "error", "success", "error", "error"]
    assert records[1].error == "RuntimeError: too dull to read"
    assert "label 2 is not one of the model's 2 classes (0 to 1)" in records[3].error
    assert "<SPLIT>" in records[4].error
    assert attack(tmp_path, examples) == records  # an error is a finished text


def test_an_interrupt_leaves_a_good_file(textattack, tmp_path):
    class Interrupted(Bag):
        def probabilities(self, texts, seed=0):
            if "not a good word in it" in texts:
                raise KeyboardInterrupt
            return super().probabilities(texts, seed)

    with pytest.raises(KeyboardInterrupt):
        attack(tmp_path, classifier=Interrupted("en", ENGLISH))
    assert [r.index for r in read_records(tmp_path / "r.jsonl")[1]] == [0, 1, 2, 3]
    assert attack(tmp_path) == attack(tmp_path / "whole")


def test_the_bar_says_who_how_many_and_how_fast(textattack, tmp_path, capsys, monkeypatch):
    attack(tmp_path, EXAMPLES[:2], progress=True)
    assert capsys.readouterr().err == ""  # no terminal, no bar
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    attack(tmp_path, EXAMPLES[:4], progress=True)
    shown = capsys.readouterr().err
    assert "bag deepwordbug" in shown and "4/4" in shown and "text/s" in shown
    assert shown.count("\n") <= 1  # nothing else on the terminal


@pytest.mark.parametrize("name", ["deepwordbug", "pwws"])
def test_english_presets_are_the_stock_recipes(nltk_data, shared, textattack, tmp_path, name):
    """The same records as TextAttack's own recipe, text and search, where no words tie."""
    recipe = {"deepwordbug": "DeepWordBugGao2018", "pwws": "PWWSRen2019"}[name]
    lines = (shared / "data" / "sst2" / "test.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines[1:]]
    texts = [max(pair, key=len) for pair in pairs]
    distinct = [t for t in texts if len(set(t.lower().split())) == len(t.split()) <= 20][:12]
    # Any word weighs something of its own, so that importance differs.
    bag = Bag("en", Weights())
    labels = bag.probabilities(distinct).argmax(axis=1)
    examples = [Example(i, text, int(labels[i])) for i, text in enumerate(distinct)]
    mine = attack(tmp_path, examples, name=name, classifier=bag, query_budget=10_000)

    victim = Victim(bag)
    with no_downloads():
        stock = getattr(textattack.attack_recipes, recipe).build(victim)
    for example, record in zip(examples, mine, strict=True):
        victim.seed = seed = derive(0, name, example.index)
        stock.clear_cache()
        with runs.seeded(seed):
            result = stock.attack(example.text, example.label)
        assert record.queries == result.num_queries
        assert (record.status == "success") == type(result).__name__.startswith("Successful")
        if record.status == "success":
            assert record.adversarial_text == result.perturbed_result.attacked_text.text
    assert sum(r.status == "success" for r in mine) >= 6


class Weights(dict):
    def get(self, word, default=0.0):
        return derive(0, word) / 2**63 - 0.5


def test_pwws_swaps_synonyms(nltk_data, tmp_path):
    records = attack(tmp_path, name="pwws")
    assert records[0].status == "success"
    swapped = {old: new for r in records for old, new in r.changed_words}
    from nltk.corpus import wordnet

    for old, new in swapped.items():
        lemmas = {lemma for synset in wordnet.synsets(old) for lemma in synset.lemma_names()}
        assert new in lemmas


@pytest.mark.parametrize("name", ["zh-homophone", "zh-wordnet"])
def test_chinese_attacks(nltk_data, tmp_path, name):
    texts = [
        "味道好吃，我喜欢！",
        "这部电影真的不错，大家都喜欢看。",
        "太难吃了。",
        "难吃 good 电影",
    ]
    examples = [Example(i, t, y) for i, (t, y) in enumerate(zip(texts, [1, 1, 0, 0], strict=True))]
    bag = Bag("zh", CHINESE)
    records = attack(tmp_path, examples, name=name, classifier=bag)
    assert "error" not in {r.status for r in records}
    assert any(r.status == "success" for r in records)
    for r in records:
        words = [w for w in bag.segment(r.text) if any(c.isalnum() for c in w)]
        assert r.words == len(words)
        assert r.words_changed <= np.ceil(0.4 * len(words))
        if r.status == "success":
            assert bag.probabilities([r.adversarial_text]).argmax() == r.adversarial_prediction
            # Each changed word was one the model read, and the rest of the text is as it was.
            assert all(old in words for old, _ in r.changed_words)
            restored = r.adversarial_text
            for old, new in r.changed_words:
                restored = restored.replace(new, old, 1)
            assert restored == r.text


def test_words_keep_their_places_when_the_model_cuts_anew(textattack):
    segment = segmenter("zh")
    text = tracked_text("价格便宜，送餐快。", segment)
    assert text.words == [*segment("价格便宜"), "送餐", "快"] == ["价格便宜", "送餐", "快"]
    changed = text.replace_word_at_index(0, "价格变宜").replace_word_at_index(2, "块")
    assert changed.text == "价格变宜，送餐块。"
    assert segment(changed.text)[:2] == ["价格", "变宜"]  # what the model reads has moved on
    assert changed.words == ["价格变宜", "送餐", "块"]
    assert changed.attack_attrs["modified_indices"] == {0, 2}


def test_victim_is_a_model_wrapper(textattack):
    wrapper = Victim(Bag("en", ENGLISH))
    assert isinstance(wrapper, textattack.models.wrappers.ModelWrapper)


def test_equally_important_words_go_in_the_order_of_the_text(textattack):
    """With 40 equal words NumPy's own sort gives another order."""
    build = PRESETS["deepwordbug"].build(Victim(Bag("en", {})), 10_000)
    text = tracked_text(" ".join(f"word{i}" for i in range(40)))
    build.goal_function.init_attack_example(text, 0)
    order, _ = build.search_method._get_index_order(text)
    assert order.tolist() == list(range(40))


# One process imports TextAttack, then every run is a fork of it, so that a kill is a real kill.
JOB = """
import json, os, signal, socket, sys, time
from pathlib import Path

reached = []
def refuse(*arguments, **_):
    reached.append(arguments)
    raise OSError("no network in this test")
socket.getaddrinfo = socket.socket.connect = refuse

import numpy as np
from snnconvert.attacks.environment import prepare_nltk
from snnconvert.attacks.loading import load_textattack
from snnconvert.attacks.runs import Example, run_attack
from snnconvert.text.segment import segmenter

class Bag:
    classes = ("negative", "positive")
    def __init__(self, language, weights, wait):
        self.language, self.weights, self.wait = language, weights, wait
        self.segment = segmenter(language)
    def probabilities(self, texts, seed=0):
        time.sleep(self.wait)
        z = [sum(self.weights.get(w, 0.0) for w in self.segment(t)) for t in texts]
        p = 1 / (1 + np.exp(-np.array(z)))
        return np.stack([1 - p, p], axis=1)

def run(name, out, wait):
    language, weights, texts = jobs[name]
    examples = [Example(i, t, 1) for i, t in enumerate(texts)]
    return run_attack(Bag(language, weights, wait), examples, name, "bag", out, progress=False)

def forked(name, out, wait=0.0, kill_after=None):
    child = os.fork()
    if not child:
        try:
            run(name, out, wait)
        finally:
            os._exit(0)
    while kill_after is not None and lines(out) < kill_after + 1:
        time.sleep(0.001)
    if kill_after is not None:
        time.sleep(0.004)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    return os.WIFSIGNALED(status), lines(out) - 1

def lines(out):
    return out.read_bytes().count(b"\\n") if out.exists() else 0

jobs, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
load_textattack()
result = {}
for name in jobs:
    whole = folder / f"{name}.jsonl"
    run(name, whole, 0.0)
    for kill_after in (1, 3, 6):
        out = folder / f"{name}-{kill_after}.jsonl"
        killed, done = forked(name, out, 0.02, kill_after)
        forked(name, out)
        result[f"{name} {kill_after}"] = [killed, done, out.read_bytes() == whole.read_bytes()]
result["statuses"] = [json.loads(l)["status"] for l in whole.read_text().splitlines()[1:]]
result["reached"] = len(reached)
print(json.dumps(result))
"""


def test_offline_and_killed_at_three_moments(tmp_path):
    """No NLTK data, no network, an empty home: attacks work, and go on after ``kill -9``."""
    english = [f"{text} {i}" for i, text in enumerate(TEXTS + TEXTS)]
    chinese = [f"味道好吃，我{w}喜欢{i}！" for i, w in enumerate("很真也都更最还挺好太")]
    jobs = {"deepwordbug": ["en", ENGLISH, english], "zh-homophone": ["zh", CHINESE, chinese]}
    unset = ("NLTK_DATA", "TA_CACHE_DIR", "XDG_CACHE_HOME", "HF_HOME", "PYTHONHASHSEED")
    home = tmp_path / "home"
    home.mkdir()
    environment = {k: v for k, v in os.environ.items() if k not in unset} | {"HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", JOB, json.dumps(jobs), str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result.pop("reached") == 0
    assert "success" in result.pop("statuses")
    assert len(result) == 6
    for moment, (killed, finished, same) in result.items():
        assert killed and finished < 10, moment
        assert same, moment
    written = {path.relative_to(home).parts[0] for path in home.rglob("*")}
    assert written <= {".cache", ".config"}  # matplotlib makes its own folder in the latter
    assert done.stderr == ""
