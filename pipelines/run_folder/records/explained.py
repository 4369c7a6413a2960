"""The file explain/texts.json: dev texts of a run, and what carried the decision on each."""

from __future__ import annotations

from dataclasses import dataclass

from ....checked_json import Value


@dataclass(frozen=True)
class ExplainedWindow:
    """A window of words: what it gave, what is lost without it, and the answer then."""

    words: list[str]
    gave: float
    without: float
    answer: str


@dataclass(frozen=True)
class ExplainedText:
    """One text.

    label, predicted, ann: the true class, and what the model and the ANN answer
    words (n,); known (n,): whether each is in the vocabulary; values (n,): what each speaks for
    ``predicted``, against the mean of the other classes
    logits: (T, K), running; ann_logits: (K,)
    """

    text: str
    label: str
    predicted: str
    ann: str
    words: list[str]
    known: list[bool]
    values: list[float]
    windows: list[ExplainedWindow]
    logits: list[list[float]]
    ann_logits: list[float]

    def check(self, value: Value) -> None:
        """Refuse figures of other numbers of words or classes."""
        count, classes = len(self.words), len(self.ann_logits)
        value["logits"].table(Value.number, len(self.logits), classes)
        if len(self.known) != count or len(self.values) != count:
            raise value["values"].wrong(f"{count} figures, one for each word")


@dataclass(frozen=True)
class ExplainedTexts:
    """Texts by one model.

    model: its name; fingerprint: what tells it from another of that name; classes: K names
    refused: why its network cannot be explained, "" where it can
    """

    model: str
    fingerprint: str
    classes: list[str]
    refused: str
    texts: list[ExplainedText]
