"""Small changes of a text: a typo, and a word of like meaning, at the word that counts most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...engine.classifier import ModelClassifier
from ...engine.explanation.text import Explanation
from ...text.stages.vocabulary import FILL, PAD, UNK
from ...text.stages.words import TextStage

FAMILIAR = 30  # neighbours that are looked at


class Edit(NamedTuple):
    """A changed text, and what was done."""

    text: str
    what: str


def order_of(found: Explanation) -> list[int]:
    """Places of the words, the one that speaks most for the answer first."""
    values = found.margins(found.parts.words)[:, found.predicted]
    return [int(i) for i in np.argsort(-values, kind="stable")]


def replaced(text: str, old: str, new: str, language: str) -> str | None:
    """``text`` with the first ``old`` as ``new``; None where it is not there as it is read."""
    at = text.lower().find(old)
    if language == "en":  # whole words alone
        while at >= 0 and (
            text[at - 1 : at].isalnum() or text[at + len(old) : at + len(old) + 1].isalnum()
        ):
            at = text.lower().find(old, at + 1)
    if at < 0 or len(text.lower()) != len(text):
        return None
    return text[:at] + new + text[at + len(old) :]


def typo(found: Explanation, language: str) -> Edit | None:
    """The word that counts most, mistyped; None where no word can be."""
    from ...attacks.candidates.glyphs import alike

    for i in order_of(found):
        word = found.words[i]
        if language == "zh":
            spots = [c for c in word if alike().get(c)]
            new = word.replace(spots[0], alike()[spots[0]][0], 1) if spots else ""
        else:
            new = swapped(word)
        changed = replaced(found.text, word, new, language) if new else None
        if changed:
            return Edit(changed, f"{word} \N{RIGHTWARDS ARROW} {new}")
    return None


def swapped(word: str) -> str:
    """``word`` with two letters in the middle in the wrong order; "" where there are none.

    >>> swapped("rude"), swapped("good"), swapped("bad")
    ('rdue', 'godo', '')
    """
    for i in range(1, len(word) - 1):
        if len(word) > 3 and word[i] != word[i + 1] and word.isalpha():
            return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    return ""


def similar(found: Explanation, classifier: ModelClassifier) -> Edit | None:
    """The word that counts most as a word of like meaning.

    A synonym of WordNet that the model knows, where WordNet is there and has one; else the word
    that the model's own word vectors have nearest.
    """
    for i in order_of(found):
        word = found.words[i]
        for new, source in ((_synonym(word, classifier), "WordNet"),
                            (_nearest(word, classifier), "nearest word vector")):  # fmt: skip
            changed = replaced(found.text, word, new, classifier.language) if new else None
            if changed:
                return Edit(changed, f"{word} \N{RIGHTWARDS ARROW} {new} ({source})")
    return None


def _synonym(word: str, classifier: ModelClassifier) -> str:
    """A synonym of an English word in WordNet that has a vector; "" without."""
    if classifier.language != "en":
        return ""
    try:
        from ...attacks.assets.nltk import ASSETS, prepare_nltk

        prepare_nltk()
        if ASSETS["wordnet"].files() is None:
            return ""
        from nltk.corpus import wordnet

        names = [
            name for found in wordnet.synsets(word) for name in found.lemma_names() if name != word
        ]
    except Exception:  # without NLTK or its data there are the vectors
        return ""
    return next((n for n in names if n in classifier.stage.words and n.islower()), "")


def _nearest(word: str, classifier: ModelClassifier) -> str:
    """The word whose vector has the largest cosine with that of ``word``; "" without."""
    stage = classifier.stage
    if (
        not isinstance(stage, TextStage)
        or word not in stage.vocabulary
        or not any(c.isalpha() for c in word)
    ):
        return ""
    vectors = classifier.model.embedding.weight.detach().cpu().numpy()
    own = vectors[stage.vocabulary.ids([word])[0]]
    sizes = np.linalg.norm(vectors, axis=1) * np.linalg.norm(own)
    cosine = np.divide(vectors @ own, sizes, out=np.full(len(vectors), -2.0), where=sizes > 0)
    best = np.argsort(-cosine, kind="stable")[:FAMILIAR]
    words: Sequence[str] = stage.vocabulary.words
    taken = {word, PAD, UNK, FILL}
    fits = (words[int(i)] for i in best if words[int(i)] not in taken)
    return next((n for n in fits if any(c.isalpha() for c in n)), "")
