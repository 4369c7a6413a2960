"""A linear model on word counts beside every trained network: what the texts give without one.

TF-IDF and logistic regression are what text classification compares with first (Wang and Manning
2012, "Baselines and bigrams"; scikit-learn's own text tutorial). It takes about a second. Where the
text stage hands on one vector a text, the logistic regression reads that vector.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ...engine.chance import chance_figures
from ...engine.metrics import classification_figures
from ...errors import InputError
from ...files import load_tensors, save_tensors
from ...text.stages.vocabulary import PAD_ID, UNK_ID
from ..training.texts import Texts
from .quality import score_figures

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression

LINEAR = "linear.safetensors"
"""The file of the fitted model, in the folder of the ANN."""
_LEARNED = ("coef_", "intercept_", "classes_")
REGULARISATION = 10.0
"""Inverse strength C: one setting for all data sets, not tuned to any."""
ITERATIONS = 200


@dataclass(frozen=True)
class LinearModel:
    """A fitted model, as it is saved beside the network.

    Attributes:
        words: V, of the text stage that it was fitted with; 0 where that hands on vectors
        used: (U,) ids of the words that it reads
        classifier: logistic regression on their TF-IDF, with an ``idf`` (U,), or on the vectors
    """

    words: int
    used: np.ndarray
    idf: np.ndarray
    classifier: LogisticRegression

    def predict(self, sequences: Sequence[np.ndarray]) -> np.ndarray:
        """The class of each text, (N,), from ids below V or vectors (1, D)."""
        if not self.words:
            return np.asarray(self.classifier.predict(np.concatenate(sequences)))
        counts = word_counts(sequences, self.words)[:, self.used]
        weights = _weights()
        weights.idf_ = self.idf
        return np.asarray(self.classifier.predict(weights.transform(counts)))

    def save(self, path: Path) -> None:
        """Write it as safetensors, atomically."""
        own = {name: getattr(self.classifier, name) for name in _LEARNED}
        arrays = {"words": np.array([self.words]), "used": self.used, "idf": self.idf, **own}
        save_tensors(path, {name: torch.from_numpy(array) for name, array in arrays.items()})

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        """Read what `save` wrote.

        Raises:
            InputError: the file is missing, damaged or of another kind.
        """
        from sklearn.linear_model import LogisticRegression

        arrays = {name: t.numpy() for name, t in load_tensors(path, "a linear model").items()}
        classifier = LogisticRegression()
        try:
            for name in _LEARNED:
                setattr(classifier, name, arrays[name])
            return cls(int(arrays["words"][0]), arrays["used"], arrays["idf"], classifier)
        except KeyError as error:
            raise InputError(
                f"expected a linear model in {path}, but it has no {error}: train again"
            ) from None


def fit_linear(texts: Texts, class_weights: bool = False) -> LinearModel:
    """Fit on the training texts; nothing is drawn, so it gives the same every time.

    Its words are those of the run's text stage, cut after as many; TF is 1 + log of the count.

    Args:
        texts: what the network reads, and labels, by split
        class_weights: weigh classes by their inverse frequency, as the network's training does
    """
    from sklearn.linear_model import LogisticRegression

    weights = "balanced" if class_weights else None
    linear = LogisticRegression(C=REGULARISATION, max_iter=ITERATIONS, class_weight=weights)
    if texts.stage.hands_on == "vectors":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it would like more iterations
            linear.fit(np.concatenate(texts.sequences["train"]), texts.labels["train"])
        return LinearModel(0, np.zeros(0, np.int64), np.zeros(0), linear)
    words = len(texts.stage.words)
    counts = word_counts(texts.sequences["train"], words)
    used = np.flatnonzero(counts.getnnz(axis=0))  # words of the vectors alone teach nothing
    used = used if len(used) else np.array([PAD_ID])  # of texts whose words are all unknown
    tfidf = _weights()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it would like more iterations
        linear.fit(tfidf.fit_transform(counts[:, used]), texts.labels["train"])
    return LinearModel(words, used, np.asarray(tfidf.idf_), linear)


def _weights() -> TfidfTransformer:
    from sklearn.feature_extraction.text import TfidfTransformer

    return TfidfTransformer(sublinear_tf=True)


def linear_baseline(
    texts: Texts, class_weights: bool = False, path: Path | None = None
) -> dict[str, Any]:
    """Fit a `LinearModel` on the training texts, and measure it on dev and test.

    Args:
        texts: id sequences and labels by split
        class_weights: as `fit_linear`
        path: of the file that it is saved in, if at all

    Returns:
        ``model``, its name; ``dev_accuracy``, ``test_accuracy``; the figures of
        `engine.metrics.classification_figures` on test, as ``test_...``; those of
        `engine.chance.chance_figures`; ``seconds``.
    """
    started = time.monotonic()
    model = fit_linear(texts, class_weights)
    if path is not None:
        model.save(path)
    found: dict[str, Any] = {"model": "logistic regression on TF-IDF of words"}
    if not model.words:
        found = {"model": "logistic regression on the vectors of texts", "reads": "vectors"}
    for split in ("dev", "test"):
        labels = texts.labels[split]
        predicted = model.predict(texts.sequences[split])
        found[f"{split}_accuracy"] = int((predicted == np.array(labels)).sum()) / len(labels)
        if split == "test":
            figures = classification_figures(labels, predicted.tolist(), texts.dataset.classes)
            answers = torch.from_numpy(predicted[:, None] == np.arange(len(texts.dataset.classes)))
            grades = texts.grades.get(split, ())
            figures |= score_figures(texts.dataset.scores, answers.double(), labels, grades)
            found |= {f"test_{name}": value for name, value in figures.items()}
            found |= chance_figures(figures["confusion_matrix"])
    return found | {"seconds": round(time.monotonic() - started, 1)}


def word_counts(sequences: Sequence[np.ndarray], words: int) -> csr_matrix:
    """How often each known word is in each text: (N, V) of float64, from ids below V."""
    from scipy.sparse import csr_matrix

    known = [ids[(ids != PAD_ID) & (ids != UNK_ID)] for ids in sequences]
    ends = np.cumsum([0, *(len(ids) for ids in known)])  # (N + 1,)
    ids = np.concatenate([*known, np.zeros(0, np.int64)])
    counts = csr_matrix((np.ones(len(ids)), ids, ends), shape=(len(known), words))
    counts.sum_duplicates()
    return counts
