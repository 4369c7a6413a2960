"""A linear model on word counts beside every trained network: what the texts give without one.

TF-IDF and logistic regression are what text classification compares with first (Wang and Manning
2012, "Baselines and bigrams"; scikit-learn's own text tutorial). It takes about a second. Where the
text stage hands on one vector a text, the logistic regression reads that vector.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.chance import chance_figures
from ...engine.metrics import classification_figures
from ...text.stages.vocabulary import PAD_ID, UNK_ID
from ..training.texts import Texts

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

REGULARISATION = 10.0
"""Inverse strength C: one setting for all data sets, not tuned to any."""
ITERATIONS = 200


def linear_baseline(texts: Texts, class_weights: bool = False) -> dict[str, Any]:
    """Fit on the training texts, measure on dev and test.

    Its words are those of the run's text stage, cut after as many; TF is 1 + log of the count.
    Nothing is drawn, so it gives the same every time.

    Args:
        texts: what the network reads, and labels, by split
        class_weights: weigh classes by their inverse frequency, as the network's training does

    Returns:
        ``model``, its name; ``dev_accuracy``, ``test_accuracy``; the figures of
        `engine.metrics.classification_figures` on test, as ``test_...``; those of
        `engine.chance.chance_figures`; ``seconds``.
    """
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    started = time.monotonic()
    weights = "balanced" if class_weights else None
    linear = LogisticRegression(C=REGULARISATION, max_iter=ITERATIONS, class_weight=weights)
    by_word = texts.stage.hands_on == "ids"
    model = make_pipeline(TfidfTransformer(sublinear_tf=True), linear) if by_word else linear
    features = _word_features(texts) if by_word else _vector_features(texts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it would like more iterations
        model.fit(features["train"], texts.labels["train"])
    found: dict[str, Any] = {"model": "logistic regression on TF-IDF of words"}
    if not by_word:
        found = {"model": "logistic regression on the vectors of texts", "reads": "vectors"}
    for split in ("dev", "test"):
        labels = texts.labels[split]
        predicted = model.predict(features[split])
        found[f"{split}_accuracy"] = int((predicted == np.array(labels)).sum()) / len(labels)
        if split == "test":
            figures = classification_figures(labels, predicted.tolist(), texts.dataset.classes)
            found |= {f"test_{name}": value for name, value in figures.items()}
            found |= chance_figures(figures["confusion_matrix"])
    return found | {"seconds": round(time.monotonic() - started, 1)}


def _word_features(texts: Texts) -> dict[str, Any]:
    """Counts of the words that training texts have, by split."""
    words = len(texts.stage.words)
    train = word_counts(texts.sequences["train"], words)
    used = np.flatnonzero(train.getnnz(axis=0))  # words of the vectors alone teach nothing
    used = used if len(used) else np.array([PAD_ID])  # of texts whose words are all unknown
    others = ("dev", "test")
    return {"train": train[:, used]} | {
        split: word_counts(texts.sequences[split], words)[:, used] for split in others
    }


def _vector_features(texts: Texts) -> dict[str, Any]:
    """The vector of each text, (N, D) by split."""
    return {split: np.concatenate(texts.sequences[split]) for split in ("train", "dev", "test")}


def word_counts(sequences: Sequence[np.ndarray], words: int) -> csr_matrix:
    """How often each known word is in each text: (N, V) of float64, from ids below V."""
    from scipy.sparse import csr_matrix

    known = [ids[(ids != PAD_ID) & (ids != UNK_ID)] for ids in sequences]
    ends = np.cumsum([0, *(len(ids) for ids in known)])  # (N + 1,)
    ids = np.concatenate([*known, np.zeros(0, np.int64)])
    counts = csr_matrix((np.ones(len(ids)), ids, ends), shape=(len(known), words))
    counts.sum_duplicates()
    return counts
