"""Chinese candidates for substitution: homophones and synonyms, without TextAttack."""

from __future__ import annotations

import logging
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache

from ...errors import InputError
from ..assets.nltk import ASSETS, locate, prepare_nltk

Candidates = Callable[[str], list[str]]
"""A word in, its replacements out, best first; none for a word it does not know."""

_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")


def common_characters() -> Iterator[str]:
    """The 3,755 characters of level 1 of GB 2312 (rows 16 to 55), the ones in everyday use."""
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            if (row, cell) < (0xD7, 0xFA):  # the last row of the level is not full
                yield bytes((row, cell)).decode("gb2312")


def _reading(character: str) -> str:
    """The first reading of ``character`` with its tone ("hao3"), "" if it is not Chinese."""
    import pinyin

    reading = pinyin.get(character, format="numerical")
    return reading if reading != character and reading.isascii() else ""


@cache
def _by_reading() -> dict[str, list[str]]:
    """Common characters for each syllable with tone and for each without, most frequent first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's own escapes and its import of pkg_resources
        import jieba
    jieba.setLogLevel(logging.ERROR)
    jieba.initialize()
    frequency = jieba.dt.FREQ
    table: dict[str, list[str]] = defaultdict(list)
    for character in sorted(common_characters(), key=lambda c: (-(frequency.get(c) or 0), c)):
        reading = _reading(character)
        table[reading].append(character)
        table[reading.rstrip("012345")].append(character)
    return dict(table)


def homophones(per_character: int = 5) -> Candidates:
    """Words with one character replaced by another of the same sound.

    The tables of the ``pinyin`` library (Unihan readings) are inverted over the common
    characters. Characters of the same syllable and tone come first, then those of the same
    syllable; within each the more frequent first (jieba's counts). A character is read as in its
    most usual reading, whatever the word around it.

    Args:
        per_character: at most so many replacements for each character of the word.
    """
    table = _by_reading()

    @cache
    def replace(character: str) -> tuple[str, ...]:
        reading = _reading(character)
        if not reading:
            return ()
        alike = [*table.get(reading, ()), *table.get(reading.rstrip("012345"), ())]
        return tuple(dict.fromkeys(c for c in alike if c != character))[:per_character]

    def candidates(word: str) -> list[str]:
        return [
            word[:i] + other + word[i + 1 :]
            for i, character in enumerate(word)
            for other in replace(character)
        ]

    return candidates


@cache
def _chinese_wordnet() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Words of each synset, and synsets of each word.

    NLTK's own reader takes 13 s for this file, of which it uses three columns: synset, kind, word.
    """
    prepare_nltk()
    asset = ASSETS["omw-cmn"]
    pointers = locate(asset.name)
    if pointers is None:
        raise InputError(f"Chinese synonyms need {asset.missing()}")
    with pointers[0].open() as handle:
        lines = handle.read().decode("utf-8", errors="replace").splitlines()
    words: dict[str, list[str]] = defaultdict(list)
    synsets: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        columns = line.split("\t")
        if len(columns) != 3 or not columns[1].endswith("lemma"):
            continue
        # "+" marks the joint before a particle ("stem+的"); the stem alone is what texts have.
        lemma = re.sub(r"\+[的地]$", "", columns[2].strip()).replace("+", "")
        if _CHINESE.fullmatch(lemma) and lemma not in words[columns[0]]:
            words[columns[0]].append(lemma)
            synsets[lemma].append(columns[0])
    if not synsets:
        raise InputError(
            f"{pointers[0]} holds no Chinese words; get it again: python -m nltk.downloader omw-2.0"
        )
    return dict(words), dict(synsets)


def chinese_synonyms(limit: int = 20) -> Candidates:
    """Words that share a synset of the Chinese Open Wordnet (Wang and Bond 2013).

    Those that share more synsets with the word come first, then by code point.

    Args:
        limit: at most so many for a word.

    Raises:
        InputError: the word net is not in NLTK's folders.
    """
    words, synsets = _chinese_wordnet()

    def candidates(word: str) -> list[str]:
        shared = Counter(other for synset in synsets.get(word, ()) for other in words[synset])
        shared.pop(word, None)
        return sorted(shared, key=lambda other: (-shared[other], other))[:limit]

    return candidates


@cache
def _cilin() -> dict[str, list[list[str]]]:
    """The sets of synonyms that each word is in."""
    asset = ASSETS["cilin"]
    pointers = locate(asset.name)
    if pointers is None:
        raise InputError(f"Chinese synonyms need {asset.missing()}")
    with pointers[0].open() as handle:
        lines = handle.read().decode("utf-8", errors="replace").splitlines()
    sets: dict[str, list[list[str]]] = defaultdict(list)
    for line in lines:
        code, *words = line.split()
        if not code.endswith("="):
            continue  # "#" are related words, not synonyms, and "@" stand alone
        words = [word for word in words if _CHINESE.fullmatch(word)]
        for word in words:
            sets[word].append(words)
    if not sets:
        raise InputError(f"expected sets of Chinese synonyms in {pointers[0]}, but it holds none")
    return dict(sets)


def cilin_synonyms(limit: int = 20) -> Candidates:
    """Words of the same sets of the extended Cilin (Tongyici Cilin), set after set.

    Args:
        limit: at most so many for a word.

    Raises:
        InputError: the file is not there, or holds no sets.
    """
    sets = _cilin()

    def candidates(word: str) -> list[str]:
        others = dict.fromkeys(other for words in sets.get(word, ()) for other in words)
        return [other for other in others if other != word][:limit]

    return candidates
