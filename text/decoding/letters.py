"""What letters say about an encoding: those of one Latin alphabet, or Cyrillic as it is written.

Encodings of one region give the same bytes to other letters (CP1252 and CP1250 to those of French
and Czech), so that single letters tell little. But the letters of a text belong to one language.
"""

from __future__ import annotations

import re
from collections import Counter

_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        *("àâæçèéêëîïôœùûüÿ", "äöüß", "áéíñóúü", "àáâãçéêíóôõú", "àèéìíîòóùú", "áäèéêëíïóöúü"),
        *("åäöéà", "æøåéèêóòâôäöü", "áðéíóúýþæö", "àçèéíïòóúü", "äõȭöüšž"),
        *("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţșț"),
        *("čćđšž", "çğıöşüâîû"),
    )
)
_OFTEN, _VOWELS = frozenset("оеаинтсрвл"), frozenset("аеёиоуыэюяіїє")
_LONE_O = re.compile("õ(?!e)")  # in Portuguese õ comes before e, and stands for Estonian otherwise
_WORD = re.compile(r"[^\W\d_]+")
_USUAL_OFTEN = 0.5  # share of the ten most frequent letters of Russian, 0.65 in a long text
_USUAL_VOWELS = (0.3, 0.55)


def latin_share(text: str) -> float:
    """Share, of the letters beyond ASCII in ``text``, of those of the alphabet with the most."""
    told = _LONE_O.sub("ȭ", text.lower())
    counts = Counter(c for c in told if ord(c) > 127 and c.isalpha())
    total = sum(counts.values())
    if not total:
        return 1.0
    return max(sum(counts[c] for c in letters) for letters in _ALPHABETS) / total


def cyrillic_score(text: str) -> float:
    """How much ``text`` looks like one in Cyrillic, at most 1: letters, their case, their shares.

    Encodings of Cyrillic differ in the order of the letters and in which half is lower case; what
    is read in the wrong one has capitals inside words, and rare letters as often as frequent ones.
    """
    good = letters = 0
    counts: Counter[str] = Counter()
    for match in _WORD.finditer(text):
        word = match[0]
        if word.isascii():
            continue
        fits = word.isupper() or word[1:].islower() or len(word) == 1
        letters += len(word)
        good += fits * sum("\u0400" <= c <= "\u045f" for c in word)
        counts.update(word.lower())
    marks = sum(ord(c) > 127 and not c.isalpha() and c not in "«»“”„–—…№\xa0’" for c in text)
    if not letters:
        return 0.0
    often = sum(counts[c] for c in _OFTEN) / letters
    vowels = sum(counts[c] for c in _VOWELS) / letters
    usual = often >= _USUAL_OFTEN and _USUAL_VOWELS[0] <= vowels <= _USUAL_VOWELS[1]
    return usual * good / (letters + marks)
