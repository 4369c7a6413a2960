"""Adversarial texts of one victim shown to another: by hand, on bags of words."""

from __future__ import annotations

import json

import numpy as np

from snnconvert.attacks.statistics.scores import wilson
from snnconvert.attacks.transfer import transfer, transfer_attacks
from snnconvert.tests.helpers.attacks import ENGLISH, Bag
from snnconvert.tests.helpers.records import record, records


class Fixed:
    """A classifier that takes a text for class 1 unless the text is in ``wrong``."""

    def __init__(self, wrong, stochastic=False, calls=None):
        self.wrong, self.stochastic = wrong, stochastic
        self.calls = [] if calls is None else calls

    def votes(self, texts, draws, seed=0):
        self.calls.append((list(texts), draws, seed))
        return np.array([[draws, 0] if t in self.wrong else [0, draws] for t in texts])


def test_by_hand():
    made = {"a": records("ssuf"), "b": records("fsks"), "c": records("efss")}
    models = {
        "a": Fixed({"test 1"}),
        "b": Fixed({"test 0", "test 1"}),
        "c": Fixed({"test 2", "test 3"}, stochastic=True),
    }
    loaded = []

    def load(name):
        loaded.append(name)
        return models[name]

    rows = transfer(made, load, attack="pwws")
    assert loaded == ["a", "b", "c"]
    assert {row["attack"] for row in rows} == {"pwws"}
    counts = {(r["source"], r["target"]): (r["n"], r["successes"]) for r in rows}
    assert counts == {
        ("a", "b"): (2, 2),  # texts 0 and 1; 2 does not hold on a itself
        ("a", "c"): (1, 0),  # text 1 alone: 0 was an error on c
        ("b", "a"): (2, 1),  # 1 fools a, 3 does not
        ("b", "c"): (2, 1),
        ("c", "a"): (2, 0),
        ("c", "b"): (1, 0),  # b was wrong on 2 before
    }
    row = next(r for r in rows if (r["source"], r["target"]) == ("b", "a"))
    assert row["rate"] == 0.5 and (row["low"], row["high"]) == wilson(1, 2)
    json.dumps(rows, allow_nan=False)


def test_votes_of_one_text_do_not_depend_on_what_else_is_shown():
    seen = {}
    for codes in ("ss", "sf"):
        model = Fixed(set(), stochastic=True)
        transfer({"a": records(codes), "b": records("ff")}, lambda _, m=model: m, seed=5, draws=9)
        seen[codes] = model.calls
    assert seen["sf"] == seen["ss"][:1]
    assert [(texts, draws) for texts, draws, _ in seen["ss"]] == [(["test 0"], 9), (["test 1"], 9)]


def test_equal_texts_are_shown_once_and_a_target_without_noise_in_one_call():
    model = Fixed(set())
    same = records("sss", adversarial_text="same")
    transfer({"a": same, "b": records("sss"), "c": records("fff")}, lambda _: model)
    assert [len(texts) for texts, _, _ in model.calls] == [3, 1, 4]
    assert {draws for _, draws, _ in model.calls} == {1}


def test_one_victim_no_texts_and_odd_letters():
    model = Fixed({"\ud83d"}, stochastic=True)
    assert transfer({"a": records("ss")}, lambda _: model) == []
    rows = transfer({"a": records("ff"), "b": records("kk")}, lambda _: model)
    assert [(row["n"], row["rate"], row["low"]) for row in rows] == [(0, None, None)] * 2
    half = {"a": [record("success", adversarial_text="\ud83d")], "b": records("f")}
    rows = transfer(half, lambda _: model, draws=3)
    assert [row["rate"] for row in rows] == [1.0, None]


def test_many_attacks_load_each_target_once():
    loaded = []

    def load(name):
        loaded.append(name)
        return Bag("en", ENGLISH, noise=0.5 * (name == "b"))

    attack = {"a": records("ss"), "b": records("fs")}
    rows = transfer_attacks({"x": attack, "y": attack, "z": {"a": records("s")}}, load)
    assert sorted(loaded) == ["a", "b"]
    assert [(r["attack"], r["source"], r["target"]) for r in rows] == [
        ("x", "a", "b"),
        ("x", "b", "a"),
        ("y", "a", "b"),
        ("y", "b", "a"),
    ]
    assert transfer(attack, load, attack="x") == rows[:2]
