"""Altered copies of training texts, of which only the teacher knows what they are worth.

After Tang et al. 2019 ("Distilling task-specific knowledge from BERT into simple neural networks",
arXiv 1903.12136, section 3.3): every word is masked with probability p_mask, else replaced with
probability p_pos, and with probability p_ng a copy is cut to one to five words in a row. They draw
the word that comes in by part of speech; here, without a tagger, it comes from the training words
of like frequency (counts of one power of two) and like shape (endings in English, number of
characters in Chinese).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from ...text.segment import join, segmenter

MASK = "\ufffd"
"""Stands for a masked word in a text: a word of its own, which no text stage knows, and for the
teacher the mask of its own tokenizer."""
LONGEST = 5  # words of an n-gram
ENDINGS = ("ing", "ed", "ly", "ness", "ion", "er", "est", "al", "ous", "y", "s")
Words = list[str]


@dataclass(frozen=True)
class Shares:
    """How often a word is masked or replaced, and a copy cut; the defaults are those of Tang et al.

    mask: p_mask; replace: p_pos; ngram: p_ng
    """

    mask: float = 0.1
    replace: float = 0.1
    ngram: float = 0.25


@dataclass
class LikeWords:
    """Words of training texts by what can stand in their place.

    counts: how often each word is in the training texts
    """

    counts: Counter[str]
    language: str
    groups: dict[tuple[str, int], Words] = field(init=False)

    def __post_init__(self) -> None:
        found: defaultdict[tuple[str, int], Words] = defaultdict(list)
        for word in sorted(self.counts):
            found[self._group(word)].append(word)
        self.groups = dict(found)

    def _group(self, word: str) -> tuple[str, int]:
        return self._shape(word), int(math.log2(self.counts[word]))

    def _shape(self, word: str) -> str:
        if not word[:1].isalpha():
            return "number" if word.isdigit() else word
        if self.language == "zh":
            return str(min(len(word), 4))
        return next((e for e in ENDINGS if word.endswith(e) and len(word) > len(e) + 2), "")

    def other(self, word: str, random: Random) -> str:
        """Another word of its group, the more frequent the likelier; itself where it is alone."""
        choices = [other for other in self.groups[self._group(word)] if other != word]
        if not choices:
            return word
        return random.choices(choices, [self.counts[other] for other in choices])[0]


def augmented(
    texts: Sequence[str],
    language: str,
    copies: int,
    shares: Shares,
    random: Random,
    graphemes: bool = False,
) -> Iterator[tuple[str, str]]:
    """Altered copies of training texts.

    Args:
        texts: N of them
        language: whose segmenter cuts them into words
        copies: of each text
        shares: how often words are altered
        random: draws all of it
        graphemes: as `segment.segmenter` has them, where the text stage of the run cuts so

    Yields:
        (text, how it was altered): ``mask``, ``replace`` or ``ngram``, the last of these that was
        done to it; no copy that is all masks, and none like the text it is of.
    """
    cut = segmenter(language, graphemes=graphemes)
    words = [cut(text) for text in texts]
    like = LikeWords(Counter(word for text in words for word in text), language)
    for _ in range(copies):
        for own in words:
            copy, how = _altered(own, like, shares, random)
            if copy != own and any(word != MASK for word in copy):
                yield join(copy, language), how


def _altered(words: Words, like: LikeWords, shares: Shares, random: Random) -> tuple[Words, str]:
    """One copy, and the last thing that was done to it."""
    copy, how = [], "mask"
    for word in words:
        drawn = random.random()
        if drawn < shares.mask:
            word = MASK
        elif drawn < shares.mask + shares.replace:
            other = like.other(word, random)
            how, word = "replace" if other != word else how, other
        copy.append(word)
    if len(copy) > 1 and random.random() < shares.ngram:
        size = random.randint(1, min(LONGEST, len(copy) - 1))
        start = random.randint(0, len(copy) - size)
        return copy[start : start + size], "ngram"
    if copy == words and words:  # nothing was drawn: one word is masked
        copy[random.randrange(len(copy))] = MASK
    return copy, how
