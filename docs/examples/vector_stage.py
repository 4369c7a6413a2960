"""A text stage of your own that hands on one vector a text: hashed character n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer

from snnconvert.pipelines.settings import DataSettings, TrainSettings
from snnconvert.pipelines.train import train
from snnconvert.text.stages import STAGES
from snnconvert.text.stages.vector_stage import VectorStage


class Ngrams(VectorStage):
    """How often a text has pieces of two to four characters, each counted in one of D sums."""

    kind = "ngrams"

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """(N, D) in any range; nothing is learned, so nothing is saved but D and the range."""
        hashed = HashingVectorizer(
            analyzer="char_wb", ngram_range=(2, 4), n_features=self.dim, alternate_sign=True
        )
        return hashed.transform(texts).toarray()


STAGES.add(Ngrams.kind, Ngrams)


def train_on_ngrams(out: Path) -> Path:
    """A small perceptron on hashed n-grams."""
    data = DataSettings(stage="ngrams", dim=64, limit=120)
    train(out, data, TrainSettings(model="mlp", hidden=(16,), epochs=4, tensorboard=False))
    return out
