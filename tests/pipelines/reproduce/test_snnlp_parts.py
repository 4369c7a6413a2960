"""The parts of the reproduction of SNNLP: texts, input spikes, scores, rows, tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.pipelines.reproduce.snnlp.data.binary import word_frames
from snnconvert.pipelines.reproduce.snnlp.data.frames import random_frames, saf_frames
from snnconvert.pipelines.reproduce.snnlp.data.inputs import mean_vectors
from snnconvert.pipelines.reproduce.snnlp.data.published import published_accuracy
from snnconvert.pipelines.reproduce.snnlp.data.rows import Cell, Row
from snnconvert.pipelines.reproduce.snnlp.data.texts import cleaned, split, tokenized
from snnconvert.pipelines.reproduce.snnlp.pages.tables import (
    accuracy_table,
    energy_table,
    grouped,
    measures_table,
)
from snnconvert.pipelines.reproduce.snnlp.pages.targets import targets
from snnconvert.pipelines.reproduce.snnlp.training.plan import MEASURES, Selection, all_names, jobs
from snnconvert.pipelines.reproduce.snnlp.training.scores import accuracy_and_mrr, ranks
from snnconvert.typed_json import made, to_json


def unpacked(frames, texts=None):
    chosen = np.arange(len(frames)) if texts is None else np.asarray(texts)
    return frames.batch(chosen).numpy()  # (T, B, D)


# ---- texts


def test_texts_are_written_as_published():
    assert cleaned("Don't  STOP_it,\tnow!") == "dont stop it now"


def test_words_are_those_of_nltk():
    pytest.importorskip("nltk")
    # the tokenizer cuts contractions that have no punctuation
    assert tokenized(["I cannot, gonna go."]) == [["i", "can", "not", "gon", "na", "go"]]


@given(count=st.integers(1, 500), seed=st.integers(0, 5))
def test_splits_hold_every_text_once(count, seed):
    parts = split(count, seed)
    assert sorted(np.concatenate(list(parts.values()))) == list(range(count))
    assert abs(len(parts["train"]) - 0.6 * count) <= 1 and abs(len(parts["dev"]) - 0.1 * count) <= 1


def test_splits_differ_by_seed_alone():
    assert (split(50, 1)["test"] == split(50, 1)["test"]).all()
    assert (split(50, 1)["test"] != split(50, 2)["test"]).any()


def test_vectors_are_the_mean_of_known_words(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("3 2\ngood 1 2\nbad 3 -4\nrare 9 9\n", "utf-8")
    rows, words = mean_vectors([["good", "bad", "what"], ["what"], ["good"]], str(path))
    assert rows.tolist() == [[2, -1], [0, 0], [1, 2]] and "v.txt, 2 components" in words


# ---- input spikes


def by_the_book(vector, steps):
    """SNNLP's loop: add, spike at 1, subtract."""
    spikes, potential = [], [0.0] * len(vector)
    for _ in range(steps):
        step = []
        for i, x in enumerate(vector):
            potential[i] += (float(x) + 1) / 2
            step.append(int(potential[i] >= 1))
            potential[i] -= step[-1]
        spikes.append(step)
    return spikes


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), steps=st.integers(1, 40))
def test_saf_equals_the_published_loop(seed, steps):
    vectors = np.random.default_rng(seed).normal(0, 0.6, (3, 5)).astype(np.float32)
    found = unpacked(saf_frames(vectors, steps))
    for text, vector in enumerate(vectors):
        assert found[:, text].tolist() == by_the_book(vector.astype(np.float64), steps)


@given(seed=st.integers(0, 1000), steps=st.integers(1, 60))
def test_saf_counts_are_rounded_down(seed, steps):
    levels = np.random.default_rng(seed).integers(-63, 64, (2, 9))
    found = unpacked(saf_frames(levels / 64, steps)).sum(0)
    assert (found == (levels + 64) * steps // 128).all()


def test_random_spikes_have_the_rate_of_what_is_missing():
    vectors = np.tile(np.float32([-1, -0.5, 0, 0.5]), (200, 1))
    rates = unpacked(random_frames(vectors, 100, 0)).mean((0, 1))
    assert rates == pytest.approx([1, 0.75, 0.5, 0.25], abs=0.02)
    rates = unpacked(random_frames(vectors, 100, 0, upright=True)).mean((0, 1))
    assert rates == pytest.approx([0, 0.25, 0.5, 0.75], abs=0.02)


def test_random_spikes_are_drawn_once_a_text():
    vectors = np.zeros((6, 9), np.float32)
    first, again = random_frames(vectors, 8, 1), random_frames(vectors, 8, 1)
    assert (first.bits == again.bits).all()
    assert (first.bits != random_frames(vectors, 8, 2).bits).any()
    assert (unpacked(first, [4, 2]) == unpacked(first)[:, [4, 2]]).all()


def test_binary_words_come_one_a_step_then_ones_then_silence():
    bits = {"a": np.uint8([1, 0, 0] * 3), "b": np.uint8([0, 1, 1] * 3)}
    found = unpacked(word_frames([["a", "?", "b", "a"], []], bits, 3))
    one, silent = [1] * 9, [0] * 9
    # the unknown word is among the first three, and takes no step
    assert found[:, 0].tolist() == [list(bits["a"]), list(bits["b"]), one, silent]
    assert found[:, 1].tolist() == [one, silent, silent, silent]


# ---- scores


def test_a_tie_goes_to_the_lower_class():
    scores = np.array([[2.0, 2.0, 1.0], [2.0, 2.0, 1.0], [0.0, 0.0, 0.0]])
    labels = np.array([0, 1, 2])
    assert ranks(scores, labels).tolist() == [1, 2, 3]
    assert accuracy_and_mrr(scores, labels) == (1 / 3, pytest.approx((1 + 1 / 2 + 1 / 3) / 3))


@given(seed=st.integers(0, 200))
def test_ranks_are_those_of_a_stable_sort(seed):
    random = np.random.default_rng(seed)
    scores, labels = random.integers(0, 4, (20, 6)), random.integers(0, 6, 20)
    order = np.argsort(-scores, axis=1, kind="stable")
    assert ranks(scores, labels).tolist() == [
        list(row).index(label) + 1 for row, label in zip(order, labels, strict=True)
    ]


# ---- plan, rows, tables


def test_the_plan_has_what_was_published():
    names = all_names(Selection())
    assert len(names) == len(set(names))
    for level in ("word", "sentence"):
        for dataset in ("imdb", "emotion"):
            kinds = {name.rpartition("-")[0] for name in names}
            wanted = {f"{dataset}-{level}-{c}-published-{t}" for c in ("saf", "random")
                      for t in (10, 25, 50, 100)}  # fmt: skip
            assert wanted | {f"{dataset}-{level}-saf-ours-4"} <= kinds
    assert {"imdb-word-binary-published-513", "emotion-word-binary-published-33"} <= kinds
    assert len(jobs(Selection(recipes=("measures",)))) == sum(
        len(measure.codes) for measure in MEASURES.values()
    )


def test_ours_of_the_same_inputs_are_one_job():
    """They share an ANN, which two processes may not train at once."""
    (job,) = jobs(Selection(("emotion",), ("word",), recipes=("ours",)))
    assert {(cell.recipe, cell.steps) for cell in job} == {
        ("ours-ann", 0),
        ("ours", 4),
        ("ours", 10),
    }
    assert len(job) == 9


def test_what_is_made_is_left_out():
    chosen = Selection(("emotion",), ("word",), ("saf",), ("published",), (10,))
    (job,) = jobs(chosen)
    assert [cell.seed for cell in job] == [0, 1, 2]
    (left,) = jobs(chosen, frozenset({job[0].name}))
    assert left == job[1:] and not jobs(chosen, frozenset(cell.name for cell in job))


CELL = Cell("emotion", "word", "saf", "published", 50, 0)
ROW = Row(CELL, 0.5, 0.51, 0.7, [10.0, 4.0, 2.0, 1.0], [11.0, 4.0, 2.0, 1.0], sops=3000.0,
          published_accuracy=0.5358, learning_curve={"dev_loss": [0.5, 0.4]})  # fmt: skip


def test_a_row_is_written_and_read():
    values = to_json(ROW)
    wanted = ["dataset", "level", "code", "recipe", "steps", "seed", "accuracy", "mrr"]
    wanted += ["spikes_per_layer", "sops", "published_accuracy"]
    assert set(wanted) <= set(values) and made(Row, values) == ROW


def test_tables_show_the_mean_beside_the_published_figure():
    second = replace(ROW, cell=replace(CELL, seed=1), accuracy=0.52)
    groups = grouped([ROW, second])
    assert "| 51.00 ± 1.41 | 53.58 | -2.58 |" in accuracy_table(groups)
    energy = energy_table(groups, {("emotion", "word"): 1000.0})
    assert "| 10 + 4 + 2 + 1 | 4980 + 672 + 278 + 48 | 0.017 | 3,000 | 3.00 |" in energy
    assert "within 3" in targets(groups)[0] and targets(groups)[0].startswith("met")


def test_a_change_is_told_beside_the_recipe_that_it_changes():
    changed = replace(ROW, cell=replace(CELL, recipe="no-delay"), accuracy=0.56)
    assert "| 1 | 56.00 | 50.00 | +6.00 |" in measures_table(grouped([ROW, changed]))


def test_published_figures():
    assert published_accuracy("imdb", "word", "saf", 100) == 0.7929
    assert published_accuracy("imdb", "word", "binary", 513) == 0.6637
    assert published_accuracy("imdb", "word", "saf", 7) is None
