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

from snnconvert.attacks.presets.catalogue import preset
from snnconvert.attacks.runs import Example, read_records, select_examples
from snnconvert.errors import InputError, SnnConvertError
from snnconvert.tests.helpers.attacks import CHINESE, ENGLISH, EXAMPLES, TEXTS, Bag, attack
from snnconvert.text.segment import segmenter


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


class Starved(Bag):
    """A victim whose machine has memory for some texts only."""

    def __init__(self, room: set[str]):
        super().__init__("en", ENGLISH)
        self.room = room

    def rows(self, texts, seed):
        if texts and not any(texts[0].startswith(word) for word in self.room):
            raise RuntimeError("could not create a primitive")
        return super().rows(texts, seed)


def test_texts_for_which_memory_was_lacking_are_attacked_again(textattack, tmp_path):
    whole = attack(tmp_path / "whole")
    with pytest.raises(SnnConvertError, match="attack on [2-5] of 6 texts .* ran out of memory"):
        attack(tmp_path, classifier=Starved({"good", "not"}))
    _, before = read_records(tmp_path / "r.jsonl")
    failed = [record for record in before if record.failed_outside]
    assert failed and all(r.failed_outside == "memory" and r.status == "error" for r in failed)
    assert attack(tmp_path) == whole  # the same as if nothing had been
    _, after = read_records(tmp_path / "r.jsonl")
    assert sorted(after, key=lambda r: r.index) == sorted(whole, key=lambda r: r.index)
    size = (tmp_path / "r.jsonl").stat().st_size
    assert attack(tmp_path) == whole and (tmp_path / "r.jsonl").stat().st_size == size


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
from snnconvert.attacks.assets.nltk import prepare_nltk
from snnconvert.attacks.building.loading import load_textattack
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
    stochastic = False
    def votes(self, texts, draws, seed=0):
        return draws * np.eye(2, dtype=np.int64)[self.probabilities(texts).argmax(axis=1)]

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


@pytest.mark.long
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
