"""What gave the answer of a model on one text: words, windows, and the decision step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ...text.inputs import as_text
from ...text.stages.vocabulary import UNK_ID
from ...text.stages.words import TextStage
from ..classifier import ModelClassifier
from .parts import Parts, Window, explain_ids
from .silence import logits_without
from .structure import read_out


@dataclass(frozen=True)
class Explanation:
    """One text, one model.

    text: as it was given; words: n words as the model reads them; known: whether each is in its
    vocabulary; left_out: words after the first ``max_length``, which it does not read
    classes: K names; parts: the figures
    draws: whether the code is drawn at random, so that the parts are those of one draw
    """

    text: str
    words: list[str]
    known: list[bool]
    left_out: int
    classes: tuple[str, ...]
    parts: Parts
    draws: bool

    @property
    def predicted(self) -> int:
        """The class of the largest logit."""
        return int(self.parts.logits.argmax())

    def margins(self, figures: np.ndarray) -> np.ndarray:
        """How much figures (..., K) speak for each class against the mean of the others.

        They add up as the figures do, to the logit less the mean of the other logits.
        """
        count = figures.shape[-1]
        if count < 2:
            return figures
        return (figures * count - figures.sum(axis=-1, keepdims=True)) / (count - 1)

    def strongest(self, number: int) -> list[int]:
        """Indices of the windows that speak most for or against the predicted class."""
        size = np.abs(self.margins(self.parts.parts)[:, self.predicted])
        order = np.argsort(-size, kind="stable")[:number]
        return [int(i) for i in order if size[i] > 0]


def explain_text(classifier: ModelClassifier, text: str, seed: int = 0) -> Explanation:
    """Take the logits of ``text`` apart.

    Args:
        classifier: ANN or SNN, with its text stage
        text: at least one word
        seed: of the one draw of a stochastic code; that of `ModelClassifier.logits_by_step`

    Raises:
        InputError: no string, a text without words, or a network that cannot be explained.
    """
    stage, model = classifier.stage, as_run(classifier)
    read_out(model.network)  # what cannot be explained is said before the text is looked at
    text = as_text(text)
    if not isinstance(stage, TextStage):
        raise InputError(
            f"expected a model that reads words to explain, but the text stage {stage.kind} gives "
            "it one vector a text, which no word stands for: train with --stage words"
        )
    words = stage.read_words(text)
    if not words:
        raise InputError("expected a text with at least one word to explain, but it has none")
    ids = stage.encode([text])[0]
    return Explanation(
        text=text,
        words=words,
        known=[int(i) != UNK_ID for i in ids],
        left_out=max(len(stage.segment(text)) - stage.max_length, 0),
        classes=tuple(classifier.classes),
        parts=explain_ids(model, ids, seed),
        draws=classifier.stochastic,
    )


def without_each(
    classifier: ModelClassifier, text: str, windows: list[Window], seed: int = 0
) -> np.ndarray:
    """Logits (N, K) of ``text`` with each of ``windows`` alone silenced: the network runs again."""
    ids = classifier.stage.encode([text])[0]
    return logits_without(as_run(classifier), ids, windows, seed)


def as_run(classifier: ModelClassifier) -> TextModel | SpikingTextModel:
    """The classifier's model as its engine runs it: an SNN on its grid."""
    if isinstance(classifier.model, SpikingTextModel):
        return classifier.engine(1).model
    return classifier.model
