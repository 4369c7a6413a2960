"""Fixed splits: stratified, without leaks, and independent of the order of the rows."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.datasets.splits import MINIMUM, assign, sample, text_key


def rows(draw_duplicates: bool = True):
    """Texts of two classes, at least 12 different ones each, with repetitions."""
    extra = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1)), max_size=80)
    return extra.map(
        lambda more: (
            [f"text {i} of {c}" for c in (0, 1) for i in range(12)]
            + [f" TEXT {i} of {c} " for i, c in more],
            [c for c in (0, 1) for _ in range(12)] + [c for _, c in more],
        )
    )


@given(rows())
def test_no_text_is_in_two_parts_and_every_class_in_each(drawn):
    texts, labels = drawn
    parts = assign(texts, labels, ("test", "dev"), "x", ("a", "b"))
    where = {}
    for text, part in zip(texts, parts, strict=True):
        assert where.setdefault(text_key(text), part) == part
    for part in ("train", "dev", "test"):
        assert {label for label, p in zip(labels, parts, strict=True) if p == part} == {0, 1}


@given(rows(), st.randoms())
def test_the_order_of_rows_does_not_matter(drawn, random):
    texts, labels = drawn
    parts = dict(zip(texts, assign(texts, labels, ("test",), "x", ("a", "b")), strict=True))
    order = list(range(len(texts)))
    random.shuffle(order)
    again = assign([texts[i] for i in order], [labels[i] for i in order], ("test",), "x", "ab")
    assert {texts[i]: part for i, part in zip(order, again, strict=True)} == parts


def test_texts_whose_labels_disagree_stay_together_whatever_their_order():
    texts = [f"text {i}" for i in range(40)] + ["torn"] * 3
    labels = [i % 2 for i in range(40)] + [1, 0, 1]
    parts = assign(texts, labels, ("test", "dev"), "x", "ab")
    backwards = assign(texts[::-1], labels[::-1], ("test", "dev"), "x", "ab")
    assert parts == backwards[::-1]
    assert len(set(parts[40:])) == 1


def test_shares_are_exact_without_repetitions():
    texts = [f"{c} {i}" for c in "ab" for i in (range(300) if c == "a" else range(55))]
    labels = [0] * 300 + [1] * 55
    parts = Counter(zip(labels, assign(texts, labels, ("test", "dev"), "x", "ab"), strict=True))
    assert parts[0, "test"] == parts[0, "dev"] == 30
    assert parts[1, "test"] == parts[1, "dev"] == 6  # 5.5 rounded up
    assert parts[0, "train"] == 240


def test_the_rule_itself():
    """The first tenth by SHA-256 is the test part, worked out here without the code under test."""
    texts = [f"text {i}" for i in range(20)]
    order = sorted(texts, key=lambda text: hashlib.sha256(text.encode()).hexdigest())
    parts = assign(texts, [0] * 20, ("test", "dev"), "x", ("only",))
    assert {t for t, p in zip(texts, parts, strict=True) if p == "test"} == set(order[:2])
    assert {t for t, p in zip(texts, parts, strict=True) if p == "dev"} == set(order[2:4])


def test_large_groups_stay_in_train():
    texts = ["same"] * 50 + [f"text {i}" for i in range(50)]
    parts = assign(texts, [0] * 100, ("test", "dev"), "x", ("only",))
    assert set(parts[:50]) == {"train"}
    assert Counter(parts) == {"train": 80, "test": 10, "dev": 10}


def test_a_part_is_never_empty():
    texts = [f"text {i}" for i in range(MINIMUM) for _ in range(11 if i else 1)]
    parts = Counter(assign(texts, [0] * len(texts), ("test", "dev"), "x", ("only",)))
    assert parts["test"] >= 1
    assert parts["dev"] >= 1


def test_too_few_texts_of_a_class():
    texts = [f"text {i}" for i in range(30)] + ["again"] * 20
    with pytest.raises(
        InputError, match=r"at least 10 different texts.*split f.tsv.*class bad has 1"
    ):
        assign(texts, [0] * 30 + [1] * 20, ("test",), "f.tsv", ("good", "bad"))


@given(rows(), st.integers(2, 40))
def test_samples_are_stratified_and_nested(drawn, size):
    texts, labels = drawn
    small, large = sample(texts, labels, size), sample(texts, labels, size + 5)
    assert large[: len(small)] == small
    assert len(small) == len(set(small)) == min(size, len(texts))
    counts = Counter(labels[i] for i in small)
    for label, total in Counter(labels).items():
        assert abs(counts[label] - len(small) * total / len(texts)) <= 2
        assert counts[label] >= 1


def test_sample_smaller_than_the_classes():
    with pytest.raises(InputError, match="at least 2"):
        sample(["a", "b"], [0, 1], 1)
