"""A bag of words to attack, texts for it, and one attack with few settings."""

from __future__ import annotations

import numpy as np

from snnconvert.attacks.runs import Example, run_attack
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
        return self.rows(texts, seed)

    def rows(self, texts, seed):
        shift = self.noise * np.random.default_rng(seed).normal()
        z = np.array([sum(self.weights.get(w, 0.0) for w in self.segment(t)) for t in texts])
        p = 1 / (1 + np.exp(-(z + shift)))
        return np.stack([1 - p, p], axis=1).reshape(-1, 2)

    @property
    def stochastic(self):
        return self.noise > 0

    def votes(self, texts, draws, seed=0):
        rows = [self.rows(texts, seed + 1 + draw).argmax(axis=1) for draw in range(draws)]
        return np.stack([(np.array(rows) == k).sum(axis=0) for k in (0, 1)], axis=1)


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


def attack(tmp_path, examples=EXAMPLES, name="deepwordbug", classifier=None, **options):
    classifier = classifier or Bag("en", ENGLISH)
    options = {"progress": False, **options}
    return run_attack(classifier, examples, name, "bag", tmp_path / "r.jsonl", **options)
