"""Texts into words: English by a small tokenizer, Chinese by jieba.

The English tokenizer, in this order:

1. curly quotes become straight ones, lone surrogates U+FFFD; NFC; lower case;
2. HTML line breaks become spaces; Penn Treebank escapes become what they stand for
   (``-lrb-`` "(", ``-rrb-`` ")", likewise ``-lsb- -rsb- -lcb- -rcb-``, ``\\/`` "/", and the lone
   quotes two backticks and two apostrophes a double quote);
3. contractions that the Penn Treebank cuts are joined again ("do n't" to "don't", "it 's" to
   "it's");
4. a word is a run of letters and digits, with at most one inner apostrophe followed by letters;
   every other character that is not white space is a word of its own.

On ASCII text without 2. and 3. the words are those of ``[a-z0-9]+(?:'[a-z]+)?|[^\\sa-z0-9]``.
"""

from __future__ import annotations

import logging
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from ..errors import InputError
from .decoding.decoding import replace_surrogates
from .inputs import TextsLike, as_text, as_texts, as_words

LANGUAGES = ("en", "zh")

_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})
_BREAK = re.compile(r"<br\s*/?>")
_ESCAPES = {
    "-lrb-": "(",
    "-rrb-": ")",
    "-lsb-": "[",
    "-rsb-": "]",
    "-lcb-": "{",
    "-rcb-": "}",
    "\\/": "/",
}
_ESCAPE = re.compile("|".join(map(re.escape, _ESCAPES)))
_TREEBANK_QUOTE = re.compile(r"(?<!\S)(?:``|'')(?!\S)")
_CONTRACTION = re.compile(r"(?<=[^\W\d_])[ \t]+(?=(?:n't|'(?:s|re|ve|ll|d|m))(?!\S))")
_WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?|[^\w\s]|_")
_KEPT_BLOCK = 200  # characters; longer blocks are rare, and would fill the cache
_CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def segmenter(language: str) -> Callable[[str], list[str]]:
    """The function that cuts texts of ``language`` into words.

    Raises:
        InputError: ``language`` is not one of `LANGUAGES`.
    """
    functions = {"en": _english, "zh": _chinese}
    if language not in functions:
        raise InputError(f"unknown language {language!r}: expected {' or '.join(LANGUAGES)}")
    return functions[language]


def segment(text: str, language: str) -> list[str]:
    """The words of ``text``; none for an empty text.

    >>> segment("It 's not bad, is n't it?", "en")
    ["it's", 'not', 'bad', ',', "isn't", 'it', '?']
    """
    return segmenter(language)(as_text(text))


def join(words: Sequence[str], language: str) -> str:
    """``words`` as one text: with spaces in English, without in Chinese."""
    segmenter(language)  # refuses an unknown language
    words = as_words(words)
    return (" " if language == "en" else "").join(words)


def guess_language(texts: TextsLike) -> str:
    """Chinese where at least a fifth of the letters of the first 1,000 texts are, else English."""
    head = "".join(as_texts(texts)[:1000])
    letters = sum(map(str.isalpha, head))
    return "zh" if letters and len(_CJK.findall(head)) >= 0.2 * letters else "en"


def _english(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFC", replace_surrogates(text).translate(_QUOTES))
    text = _BREAK.sub(" ", text.lower())
    text = _ESCAPE.sub(lambda match: _ESCAPES[match[0]], text)
    text = _CONTRACTION.sub("", _TREEBANK_QUOTE.sub('"', text))
    return _WORD.findall(text)


def _chinese(text: str) -> list[str]:
    jieba = _jieba()
    words: list[str] = []
    for block in jieba.re_han_default.split(replace_surrogates(text)):
        cut = _cut_block if len(block) <= _KEPT_BLOCK else _cut_block.__wrapped__
        words += cut(block, jieba.dt.total)
    return words


@lru_cache(maxsize=1 << 14)
def _cut_block(block: str, total: int) -> tuple[str, ...]:
    """The words of a run of Chinese text or of what lies between two, which jieba cuts alone.

    An attack shows the same text with one word changed, again and again: only its block is new.
    ``total`` stands for the state of jieba's dictionary, to which words can be added.
    """
    words = _jieba().lcut(block)
    return tuple(word.lower() for word in words if not word.isspace())


@cache
def _jieba() -> Any:
    """Jieba with its dictionary loaded and its start-up messages silenced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's own escapes and its import of pkg_resources
        import jieba
    jieba.setLogLevel(logging.ERROR)
    jieba.initialize()
    return jieba
