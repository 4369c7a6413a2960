"""The text classifier on rows of numbers, so that all of scikit-learn's checks can be run on it."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from snnconvert.interop.sklearn import SNNTextClassifier

BINS = 16
REACH = 4.0  # numbers beyond it are in the first or the last bin


class NumbersAsWords(SNNTextClassifier):
    """A row of numbers becomes a text: feature 3 in bin 12 is the word f3b12."""

    def fit(self, X, y):
        X, y = validate_data(self, X, y)
        return super().fit(as_texts(X), y)

    def predict_proba(self, X):
        check_is_fitted(self)
        if not isinstance(X, list) or not X or not isinstance(X[0], str):
            X = as_texts(validate_data(self, X, reset=False))
        return super().predict_proba(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.one_d_array = False
        tags.input_tags.two_d_array = True
        tags.classifier_tags.poor_score = True
        return tags


def as_texts(rows: np.ndarray) -> list[str]:
    """Rows (N, F) as N texts of F words."""
    scaled = (np.clip(rows, -REACH, REACH) + REACH) / (2 * REACH)  # (N, F) in [0, 1]
    bins = np.minimum((scaled * BINS).astype(int), BINS - 1)
    return [" ".join(f"f{i}b{value}" for i, value in enumerate(row)) for row in bins]
